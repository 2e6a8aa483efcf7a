"""What strangers may see: whether they can sign up, and what an invitation offers them."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from recaller.core.errors import NotFound, Unauthenticated
from recaller.services import identity
from recaller.services.identity import Client
from recaller.state.base import event, identity_of, in_thread, text_of
from recaller.state.formatting import Formatter

# The token stands behind the address's # and so in no server's log; the browser hands it over when asked.
_TOKEN = "location.hash.slice(1)"  # noqa: S105 - where it is, not what it is


class EntryState(rx.State):
    """The sign-in and sign-up pages. `stage` is `first`, `open` or `closed`, empty until it is known."""

    stage: str = ""

    @event
    async def load(self) -> None:
        """Ask whether anybody may sign up, and whether nobody has yet."""
        options = await in_thread(identity.sign_up_options)
        self.stage = "first" if options.first else "open" if options.open else "closed"


class JoinState(rx.State):
    """The page of an invitation. `stage` is `offer`, `member` (signed in) or `invalid`, empty until it is known."""

    stage: str = ""
    household: str = ""
    email: str = ""
    role: str = ""
    until: str = ""
    signed_in_as: str = ""

    @event
    async def load(self) -> EventSpec:
        """Ask the browser for the invitation's token."""
        return rx.call_script(_TOKEN, callback=JoinState.show_offer)

    @event
    async def show_offer(self, token: str) -> None:
        """Show what the invitation offers, and to whom."""
        secret = text_of(token, "token", most=200)
        session, headers = self.router.session, self.router.headers
        client = Client(session.client_ip, headers.user_agent)
        try:
            offer = await in_thread(lambda: identity.read_invitation(secret, client))
        except NotFound:
            self.stage = "invalid"
            return
        self.household, self.email, self.role = offer.tenant_name, offer.email, str(offer.role)
        try:
            who = await identity_of(self)
        except Unauthenticated:
            self.signed_in_as, self.stage = "", "offer"
            self.until = Formatter("en_US", "UTC").full_date(offer.expires_at.date())
            return
        self.until = Formatter(who.preferences.locale, who.preferences.time_zone).moment(offer.expires_at)
        self.signed_in_as, self.stage = who.email, "member"

    @event
    async def ask_to_accept(self) -> EventSpec:
        """Ask the browser for the token again, to accept with it."""
        return rx.call_script(_TOKEN, callback=JoinState.accept)

    @event
    async def accept(self, token: str) -> Any:
        """Join the household as the signed-in user, and go there."""
        secret = text_of(token, "token", most=200)
        who = await identity_of(self)
        client = Client(self.router.session.client_ip, self.router.headers.user_agent)
        await in_thread(lambda: identity.accept_invitation(who, secret, client))
        return rx.call_script("location.replace('/')")
