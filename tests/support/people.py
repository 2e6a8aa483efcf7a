"""People who sign up and in, for tests of identity and of the API."""

from __future__ import annotations

from recaller.core.scope import Role
from recaller.infra.work import work
from recaller.services import identity

PASSWORD = "a fine long phrase"
CLIENT = identity.Client(ip="192.0.2.1", user_agent="Tests")
HOME = identity.NewHousehold("Home", "USD", "UTC")


def person(email: str) -> identity.NewUser:
    """What somebody types to sign up."""
    return identity.NewUser(email=email, password=PASSWORD, display_name=email.partition("@")[0].title())


def sign_up_person(email: str) -> identity.SignedIn:
    """Sign somebody up with a household of their own; returns their browser session."""
    return identity.sign_up(person(email), HOME, CLIENT)


def cookie(signed: identity.SignedIn) -> str:
    """The Cookie header that the person's browser sends."""
    return f"theme=dark; {identity.session_cookie_name()}={signed.secret}"


def who(signed: identity.SignedIn) -> identity.Identity:
    """Who the person's browser session belongs to, read anew."""
    return identity.resolve_cookie(cookie(signed))


def invite(host: identity.SignedIn, email: str, role: Role = Role.USER) -> str:
    """Invite somebody into the host's household; returns the token."""
    with work(who(host).scope()) as w:
        token = identity.invite_member(w, email, role).token
    assert token is not None
    return token


def joined(
    host: identity.SignedIn, guest: identity.SignedIn, email: str, role: Role = Role.USER
) -> identity.Identity:
    """Let a signed-up guest join the host's household; returns the guest's identity there."""
    identity.accept_invitation(who(guest), invite(host, email, role), CLIENT)
    return who(guest)
