"""Settings of the user: profile, preferences, password and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from recaller.core.clock import utc_now
from recaller.core.errors import ValidationFailed
from recaller.infra.work import work
from recaller.services import identity
from recaller.services.identity import Identity, ProfileChange, SessionView
from recaller.state.base import event, form_of, identity_of, in_thread, text_of
from recaller.state.formatting import Formatter
from recaller.state.region import locales, with_current
from recaller.state.session import SessionState

PASSWORD_FORM = "password-form"  # noqa: S105 - an element's id

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True)
class SessionItem:
    """A sign-in as listed."""

    id: str
    device: str
    detail: str
    is_token: bool
    current: bool


class SettingsState(rx.State):
    """The user's own part of the settings page."""

    loading: bool = True
    email: str = ""
    display_name: str = ""
    locale: str = ""
    locales: list[dict[str, str]] = []
    time_zone: str = ""
    theme: str = "system"
    first_weekday: str = "0"
    sessions: list[SessionItem] = []
    form_errors: dict[str, str] = {}

    @event
    async def load(self) -> None:
        """Show the profile and the sessions."""
        who = await identity_of(self)
        preferences = who.preferences
        self.email, self.display_name = who.email, who.display_name
        self.locale, self.locales = preferences.locale, with_current(locales(), preferences.locale)
        self.time_zone, self.theme = preferences.time_zone, preferences.theme
        self.first_weekday = str(preferences.first_weekday)
        self.form_errors = {}
        await self._list_sessions(who)
        self.loading = False

    @event
    async def save_profile(self, form: dict[str, Any]) -> Any:
        """Keep the user's name and preferences; the theme is painted at once."""
        fields = form_of(form)
        change = ProfileChange(
            display_name=text_of(fields.get("display_name"), "display_name", most=400),
            locale=text_of(fields.get("locale"), "locale", most=40),
            time_zone=text_of(fields.get("time_zone"), "time_zone", most=80),
            theme=text_of(fields.get("theme"), "theme", most=20),
            first_weekday=_weekday(fields.get("first_weekday")),
        )
        who = await identity_of(self)

        def save() -> None:
            with work(who.scope()) as w:
                identity.update_profile(w, change)

        await in_thread(save)
        self.form_errors = {}
        return [SessionState.load, SettingsState.load, rx.toast("Saved.")]

    @event
    async def change_password(self, form: dict[str, Any]) -> Any:
        """Set another password; every other session ends."""
        fields = form_of(form)
        current = text_of(fields.get("current_password"), "current_password", most=1000)
        new = text_of(fields.get("new_password"), "new_password", most=1000)
        who = await identity_of(self)
        ended = await in_thread(lambda: identity.change_password(who, current, new))
        self.form_errors = {}
        await self._list_sessions(who)
        return [
            rx.toast(f"Your password is changed. {_sessions(ended)} ended."),
            rx.call_script(f"document.getElementById('{PASSWORD_FORM}').reset()"),
        ]

    @event
    async def end_session(self, session_id: str) -> Any:
        """End one of the user's sessions, at once; ending this one signs out."""
        wanted = text_of(session_id, "session_id", most=60)
        who = await identity_of(self)
        await in_thread(lambda: identity.end_session(who, wanted))
        if wanted == who.session.id:
            return rx.call_script("location.replace('/sign-in')")
        await self._list_sessions(who)
        return rx.toast("The session ended.")

    @event
    async def end_other_sessions(self) -> Any:
        """End every session of the user's but this one."""
        who = await identity_of(self)
        ended = await in_thread(lambda: identity.end_other_sessions(who))
        await self._list_sessions(who)
        return rx.toast(f"{_sessions(ended)} ended.")

    async def _list_sessions(self, who: Identity) -> None:
        found = await in_thread(lambda: identity.list_sessions(who))
        say = Formatter(who.preferences.locale, who.preferences.time_zone)
        self.sessions = [_session_item(one, say) for one in found]


def device_of(user_agent: str) -> str:
    """Return browser and system in words, as far as the user agent tells them."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent[:40] or "Unknown device"


def _session_item(one: SessionView, say: Formatter) -> SessionItem:
    seen = "Active now" if one.current else f"Last used {say.ago(one.last_seen_at, utc_now())}"
    parts = [seen, f"since {say.moment(one.created_at)}", one.ip]
    return SessionItem(
        id=one.id,
        device=device_of(one.user_agent),
        detail=" · ".join(part for part in parts if part),
        is_token=one.kind == "token",
        current=one.current,
    )


def _sessions(count: int) -> str:
    return f"{count} other session{'' if count == 1 else 's'}"


def _weekday(value: object) -> int:
    text = text_of(value, "first_weekday", most=2)
    if not text.isdecimal():
        raise ValidationFailed("first_weekday", "Choose a day.")
    return int(text)
