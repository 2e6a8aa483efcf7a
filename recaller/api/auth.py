"""Signing up, in and out, tokens and sessions."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from pydantic_core import to_jsonable_python

from recaller.api.dependencies import Caller, FromClient, check_csrf
from recaller.api.schemas import COMMON_PROBLEMS, Body, problems
from recaller.infra.sessions import MAX_AGE_SECONDS
from recaller.services import identity
from recaller.services.identity import (
    InvitationOfferView,
    NewHousehold,
    NewUser,
    SessionKind,
    SessionView,
    SignedIn,
    SignUpOptions,
    TokenPair,
)
from recaller.settings import get_settings

router = APIRouter(prefix="/auth", tags=["auth"])
OPEN_PROBLEMS = problems(400, 401, 403, 404, 409, 413, 422, 429, 503)

Mode = Annotated[
    Literal["cookie", "token"],
    Field(description="`cookie` for the pages (HttpOnly, needs X-Recaller-CSRF), `token` for API clients."),
]
Email = Annotated[str, Field(max_length=254, examples=["ann@example.org"])]
Password = Annotated[str, Field(max_length=200, examples=["a fine long phrase"])]
Token = Annotated[str, Field(min_length=1, max_length=200)]


class Credentials(Body):
    """What somebody signs in with."""

    email: Email
    password: Annotated[str, Field(max_length=1000, examples=["a fine long phrase"])]
    mode: Mode = "cookie"


class SignUp(Body):
    """A new user, with a household of their own or with an invitation into one."""

    email: Email
    password: Password
    display_name: Annotated[str, Field(max_length=200, examples=["Ann"])]
    locale: Annotated[str, Field(max_length=30, examples=["en_US"])] = "en_US"
    time_zone: Annotated[str, Field(max_length=60, examples=["Europe/Berlin"])] = "UTC"
    household_name: Annotated[str, Field(max_length=200, examples=["Home"])] = "Home"
    base_currency: Annotated[str, Field(max_length=3, examples=["EUR"])] = "USD"
    invitation: Annotated[str | None, Field(max_length=200, description="An invitation's token.")] = None
    mode: Mode = "cookie"


class Refresh(Body):
    """The refresh token of the last pair."""

    refresh_token: Token


class InvitationToken(Body):
    """An invitation's token."""

    token: Token


class PasswordChange(Body):
    """The password now and the next one."""

    current_password: Annotated[str, Field(max_length=1000)]
    new_password: Password


class TenantChoice(Body):
    """One of the caller's households."""

    tenant_id: UUID


class NewTenant(Body):
    """Another household."""

    name: Annotated[str, Field(max_length=200, examples=["Cabin"])]
    base_currency: Annotated[str, Field(max_length=3, examples=["EUR"])] = "USD"
    time_zone: Annotated[str, Field(max_length=60, examples=["Europe/Berlin"])] = "UTC"


class SignedInView(Body):
    """A fresh session; `tokens` is filled in token mode, else the session is in the cookie."""

    user_id: UUID
    session_id: str
    tenant_id: UUID | None
    tokens: TokenPair | None


class SwitchedView(Body):
    """The household now current; with bearer tokens, an access token that names it."""

    tenant_id: UUID
    access_token: str | None


class EndedView(Body):
    """How many sessions were ended."""

    ended: int


@router.get("/options", responses=problems(503))
def read_options() -> SignUpOptions:
    """Tell whether anybody may sign up now, and whether nobody has yet."""
    return identity.sign_up_options()


@router.post("/sign-up", status_code=201, response_model=SignedInView, responses=OPEN_PROBLEMS)
def sign_up(body: SignUp, request: Request, client: FromClient) -> Response:
    """Create a user and open a session. The first user becomes super administrator."""
    kind = _kind(request, body.mode)
    user = NewUser(body.email, body.password, body.display_name, body.locale, body.time_zone)
    if body.invitation is not None:
        return _signed_in(identity.sign_up_invited(body.invitation, user, client, kind=kind), 201)
    household = NewHousehold(body.household_name, body.base_currency, body.time_zone)
    return _signed_in(identity.sign_up(user, household, client, kind=kind), 201)


@router.post("/sign-in", response_model=SignedInView, responses=OPEN_PROBLEMS)
def sign_in(body: Credentials, request: Request, client: FromClient) -> Response:
    """Open a session: with a cookie for a browser, with tokens for an API client.

    An unknown e-mail address and a wrong password get the same answer after the same time. After five tries in a
    minute from one address for one account the answer is 429.
    """
    kind = _kind(request, body.mode)
    return _signed_in(identity.sign_in(body.email, body.password, client, kind=kind), 200)


@router.post("/refresh", responses=OPEN_PROBLEMS)
def refresh(body: Refresh, client: FromClient) -> TokenPair:
    """Trade a refresh token for the next pair; using one again later ends the session."""
    return identity.refresh_tokens(body.refresh_token, client)


@router.post("/sign-out", status_code=204, responses=COMMON_PROBLEMS)
def sign_out(who: Caller) -> Response:
    """End the caller's session, at once, and drop the cookie."""
    identity.sign_out(who)
    answer = Response(status_code=204)
    _set_cookie(answer, "", 0)
    return answer


@router.post("/password", responses=COMMON_PROBLEMS)
def change_password(body: PasswordChange, who: Caller) -> EndedView:
    """Change the password; every other session ends."""
    return EndedView(ended=identity.change_password(who, body.current_password, body.new_password))


@router.post("/tenant", responses=COMMON_PROBLEMS)
def switch_tenant(body: TenantChoice, who: Caller) -> SwitchedView:
    """Make another of the caller's households the session's current one."""
    identity.switch_tenant(who, body.tenant_id)
    return _switched(who, body.tenant_id)


@router.post("/tenants", status_code=201, responses=COMMON_PROBLEMS)
def create_tenant(body: NewTenant, who: Caller) -> SwitchedView:
    """Create another household of the caller's and switch to it."""
    household = NewHousehold(body.name, body.base_currency, body.time_zone)
    return _switched(who, identity.create_household(who, household))


@router.get("/sessions", responses=COMMON_PROBLEMS)
def list_sessions(who: Caller) -> tuple[SessionView, ...]:
    """Return the caller's sessions, the one used last first."""
    return identity.list_sessions(who)


@router.delete("/sessions/{session_id}", status_code=204, responses=COMMON_PROBLEMS)
def end_session(session_id: Annotated[str, Path(pattern=r"^[0-9a-f]{40}$")], who: Caller) -> None:
    """End one of the caller's sessions; it is refused from its next call on."""
    identity.end_session(who, session_id)


@router.post("/sessions/end-others", responses=COMMON_PROBLEMS)
def end_other_sessions(who: Caller) -> EndedView:
    """End every session of the caller's but this one."""
    return EndedView(ended=identity.end_other_sessions(who))


@router.post("/invitation", responses=OPEN_PROBLEMS)
def read_invitation(body: InvitationToken, client: FromClient) -> InvitationOfferView:
    """Tell what an invitation offers, before signing up or in."""
    return identity.read_invitation(body.token, client)


@router.post("/invitation/accept", responses=COMMON_PROBLEMS)
def accept_invitation(body: InvitationToken, who: Caller, client: FromClient) -> SwitchedView:
    """Join the household that the invitation is for, and switch to it."""
    return _switched(who, identity.accept_invitation(who, body.token, client))


def _kind(request: Request, mode: str) -> SessionKind:
    if mode == "token":
        return SessionKind.TOKEN
    # Another site must not be able to sign somebody in as somebody else.
    check_csrf(request)
    return SessionKind.BROWSER


def _signed_in(signed: SignedIn, status: int) -> Response:
    view = SignedInView(
        user_id=signed.user_id, session_id=signed.session_id, tenant_id=signed.tenant_id, tokens=signed.tokens
    )
    answer = JSONResponse(to_jsonable_python(view), status)
    if signed.secret is not None:
        _set_cookie(answer, signed.secret, MAX_AGE_SECONDS)
    return answer


def _set_cookie(answer: Response, secret: str, max_age_seconds: int) -> None:
    # It may outlast the session, which the server ends after its idle time; only the server's word counts.
    answer.set_cookie(
        identity.session_cookie_name(),
        secret,
        max_age=max_age_seconds,
        path="/",
        secure=get_settings().cookie_secure,
        httponly=True,
        samesite="lax",
    )


def _switched(who: identity.Identity, tenant_id: UUID) -> SwitchedView:
    token = None
    if who.session.kind is SessionKind.TOKEN:
        token = identity.issue_access_token(who, tenant_id)
    return SwitchedView(tenant_id=tenant_id, access_token=token)
