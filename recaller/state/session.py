"""Who is signed in, as every page shows it: name, households, preferences; signing out and switching."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from recaller.infra.work import work
from recaller.services import identity
from recaller.services.identity import Identity, ProfileChange
from recaller.state.base import event, id_of, identity_of, in_thread, text_of

# Ends the session on the server, drops its cookie, and leaves by a full load, so that nothing stays on screen.
_SIGN_OUT = """
fetch("/api/v1/auth/sign-out", {method: "POST", headers: {"X-Recaller-CSRF": "1"}, credentials: "same-origin"})
  .finally(() => location.replace("/sign-in"))
"""


@dataclass(frozen=True)
class HouseholdChoice:
    """A household of the user's, for the switcher."""

    id: str
    name: str
    current: bool


def sign_out() -> EventSpec:
    """Return the browser's own steps to sign out."""
    return rx.call_script(_SIGN_OUT)


def initials_of(name: str) -> str:
    """Return up to two initials of a person's or household's name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


class SessionState(rx.State):
    """The caller of this page, refreshed on each arrival. Put `SessionState.load` first in a route's `on_load`.

    Nothing here grants anything: every event resolves its caller again from the session's cookie.
    `currency` is the household's base currency, `first_weekday` 0 for Monday, `locale` like `en_US`.
    """

    ready: bool = False
    name: str = ""
    email: str = ""
    initials: str = ""
    household: str = ""
    households: list[HouseholdChoice] = []
    is_admin: bool = False
    is_super_admin: bool = False
    currency: str = ""
    locale: str = ""
    time_zone: str = ""
    theme: str = "system"
    first_weekday: int = 0

    @event
    async def load(self) -> Any:
        """Show who is signed in; leave for the sign-in page when nobody is."""
        who = await identity_of(self)
        before = self.theme if self.ready else ""
        self._show(who)
        if who.tenant_id is None and not self.router.url.path.startswith("/settings"):
            return rx.redirect("/settings#households")
        return apply_theme(self.theme) if self.theme != before else None

    @event
    async def switch_household(self, tenant_id: str) -> Any:
        """Make another household of the caller's the current one, and start over on its dashboard."""
        who, wanted = await identity_of(self), id_of(tenant_id, "tenant_id")
        await in_thread(lambda: identity.switch_tenant(who, wanted))
        # A full load: what other pages keep of the former household goes with it.
        return rx.call_script("location.assign('/')")

    @event
    async def set_theme(self, theme: str) -> None:
        """Keep the theme with the user: `light`, `dark` or `system`."""
        chosen = text_of(theme, "theme", most=20)
        who = await identity_of(self)

        def save() -> None:
            with work(who.scope()) as w:
                identity.update_profile(w, ProfileChange(theme=chosen))

        self.theme = chosen  # painted already, by the menu that it was chosen in
        await in_thread(save)

    def _show(self, who: Identity) -> None:
        self.ready = True
        self.name, self.email = who.display_name, who.email
        self.initials = initials_of(who.display_name)
        self.households = [
            HouseholdChoice(str(one.tenant_id), one.tenant_name, one.tenant_id == who.tenant_id)
            for one in who.memberships
        ]
        self.is_super_admin = who.super_admin
        preferences = who.preferences
        self.locale, self.time_zone = preferences.locale, preferences.time_zone
        self.theme, self.first_weekday = preferences.theme, preferences.first_weekday
        if who.tenant_id is None:
            self.household, self.currency, self.is_admin = "", "", False
            return
        member = who.membership()
        self.household, self.currency = member.tenant_name, member.base_currency
        self.is_admin = member.role == "admin"


def apply_theme(theme: str) -> EventSpec:
    """Return the event that paints a theme (one of `light`, `dark`, `system`) through the page's hidden switch."""
    return rx.call_script(f"document.querySelector('[data-set-theme=\"{theme}\"]')?.click()")
