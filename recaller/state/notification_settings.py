"""Settings of notifications: channels with their tests, what of each kind, quiet hours and the digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

import reflex as rx

from recaller.core.errors import RecallerError, Unauthenticated, ValidationFailed
from recaller.domain.quiet_hours import Schedule
from recaller.infra.work import Work
from recaller.services import notifications
from recaller.services.notifications import (
    ChannelChange,
    ChannelOffer,
    ChannelView,
    PreferenceChange,
    PreferenceView,
)
from recaller.state.base import (
    background_event,
    event,
    form_of,
    id_of,
    identity_of,
    in_thread,
    in_work,
    text_of,
)
from recaller.state.formatting import Formatter
from recaller.state.forms import Fields, FormState, form_event
from recaller.state.pickers import formatter_of, put

CHANNEL_DIALOG = "new-channel"
ICONS = {"account": "mail", "email": "mail", "service": "message-circle"}


@dataclass(frozen=True)
class ChannelItem:
    """A channel as listed; `state` and `tone` tell how it stands, `hint` more of it."""

    id: str
    kind: str
    label: str
    address: str
    enabled: bool
    usable: bool
    wants_code: bool
    removable: bool
    testing: bool
    state: str
    tone: str
    hint: str


@dataclass(frozen=True)
class Cell:
    """One box of the grid: this kind over this channel."""

    channel_id: str
    label: str
    on: bool


@dataclass(frozen=True)
class KindRow:
    """One kind with its boxes; `lead_days` as text, "" for kinds without."""

    kind: str
    label: str
    hint: str
    in_app: bool
    cells: list[Cell]
    lead_days: str
    has_lead_days: bool


class NotificationSettingsState(FormState, rx.State):
    """What /settings/notifications shows. Times of the day are texts such as 22:00."""

    loading: bool = True
    failure: str = ""
    channels: list[ChannelItem] = []
    kinds: list[KindRow] = []
    mail: bool = False
    can_add: bool = False
    address_hint: str = ""
    time_zone: str = ""
    quiet: bool = False
    quiet_from: str = "22:00"
    quiet_to: str = "07:00"
    digest: str = "now"
    digest_at: str = "08:00"
    adding: bool = False
    removing: str = ""
    removing_label: str = ""
    testing: str = ""

    @event
    async def load(self) -> Any:
        """Show the caller's channels, wishes and hours."""
        put(self, form_errors={}, adding=False, removing="", testing="")
        try:
            await self._show()
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, failure=error.message, loading=False)
        return None

    @event
    async def begin_adding(self) -> None:
        """Open the dialog for another channel."""
        await identity_of(self)
        self._begin_form()
        self.adding = True

    @event
    async def stop_adding(self) -> None:
        """Close that dialog."""
        await identity_of(self)
        put(self, adding=False, form_errors={})

    @form_event
    async def add_channel(self, fields: Fields) -> Any:
        """Add a channel; an e-mail address gets its code at once."""
        address = text_of(fields.get("address"), "address", most=1000)
        label = text_of(fields.get("label"), "label", most=100)
        made = await in_work(self, lambda w: notifications.add_channel(w, address, label))
        self.adding = False
        await self._show()
        if made.confirmed:
            return rx.toast(f"{made.label} is added. Try it with the test button.")
        return NotificationSettingsState.test_channel(str(made.id))

    @background_event
    async def test_channel(self, channel_id: str) -> Any:
        """Really send a test (or the code), and tell how it went."""
        wanted = id_of(channel_id)
        who = await identity_of(self)
        async with self:
            self.testing = str(wanted)
            await self._show()
        try:
            trial = await in_thread(lambda: notifications.try_channel(who.scope(), wanted), abroad=True)
        finally:
            async with self:
                self.testing = ""
                await self._show()
        return rx.toast(trial.message) if trial.sent else rx.toast.error(trial.message)

    @event
    async def confirm_channel(self, form: dict[str, Any]) -> Any:
        """Confirm an address by the code that was sent there."""
        fields = form_of(form)
        wanted = id_of(fields.get("channel_id"))
        code = text_of(fields.get("code"), "code", most=20)
        done = await in_work(self, lambda w: notifications.confirm_channel(w, wanted, code))
        self.form_errors = {}
        await self._show()
        return rx.toast(f"{done.address} is confirmed.")

    @event
    async def switch_channel(self, channel_id: str, enabled: bool) -> Any:
        """Switch a channel off, or on again."""
        wanted, on = id_of(channel_id), enabled is True
        done = await in_work(
            self, lambda w: notifications.change_channel(w, wanted, ChannelChange(enabled=on))
        )
        await self._show()
        undo = {"label": "Undo", "on_click": NotificationSettingsState.switch_channel(str(wanted), not on)}
        return rx.toast(f"{done.label} is {'on' if on else 'off'}.", action=undo)

    @event
    async def ask_to_remove(self, channel_id: str) -> None:
        """Ask before a channel is removed."""
        await identity_of(self)
        wanted = str(id_of(channel_id))
        self.removing = wanted
        self.removing_label = next((one.label for one in self.channels if one.id == wanted), "")

    @event
    async def stop_removing(self) -> None:
        """Keep the channel."""
        await identity_of(self)
        self.removing = ""

    @event
    async def remove_channel(self) -> Any:
        """Remove the channel that was asked about."""
        wanted = id_of(self.removing)
        self.removing = ""
        await in_work(self, lambda w: notifications.remove_channel(w, wanted))
        await self._show()
        return rx.toast("The channel is removed.")

    @event
    async def set_in_app(self, kind: str, on: bool) -> Any:
        """Show a kind in the app, or not."""
        return await self._save(text_of(kind, "kind", most=60), PreferenceChange(in_app=on is True))

    @event
    async def set_channel(self, kind: str, channel_id: str, on: bool) -> Any:
        """Send a kind over a channel, or not."""
        change = PreferenceChange(channels={id_of(channel_id): on is True})
        return await self._save(text_of(kind, "kind", most=60), change)

    @event
    async def set_lead_days(self, form: dict[str, Any]) -> Any:
        """Set how many days before the due date a kind comes: numbers with commas or spaces between."""
        fields = form_of(form)
        kind = text_of(fields.get("kind"), "kind", most=60)
        text = text_of(fields.get("lead_days"), "lead_days", most=60)
        try:
            days = tuple(int(part) for part in text.replace(",", " ").split())
        except ValueError as error:
            raise ValidationFailed("lead_days", "Write days as numbers, such as 7, 1, 0.") from error
        await self._save(kind, PreferenceChange(lead_days=days))
        return rx.toast("Saved.")

    @event
    async def save_schedule(self, form: dict[str, Any]) -> Any:
        """Keep quiet hours and digest."""
        fields = form_of(form)
        quiet = bool(fields.get("quiet"))
        schedule = Schedule(
            _minute_of(fields.get("quiet_from"), "quiet_from") if quiet else None,
            _minute_of(fields.get("quiet_to"), "quiet_to") if quiet else None,
            _minute_of(fields.get("digest_at"), "digest_at") if fields.get("digest") == "daily" else None,
        )
        await in_work(self, lambda w: notifications.save_schedule(w, schedule))
        self.form_errors = {}
        await self._show()
        return rx.toast("The hours are saved.")

    async def _save(self, kind: str, change: PreferenceChange) -> None:
        await in_work(self, lambda w: notifications.save_preference(w, kind, change))
        self.form_errors = {}
        await self._show()

    async def _show(self) -> None:
        def read(w: Work) -> tuple[Any, ...]:
            return (
                notifications.list_channels(w),
                notifications.list_preferences(w),
                notifications.get_schedule(w),
                formatter_of(w),
            )

        channels, preferences, schedule, say = await in_work(self, read)
        offer = notifications.channel_offer()
        put(
            self,
            channels=[_channel(one, say, testing=self.testing) for one in channels],
            kinds=[_kind(one, channels) for one in preferences],
            mail=offer.mail,
            can_add=offer.mail or bool(offer.schemes),
            address_hint=_address_hint(offer),
            time_zone=say.time_zone,
            quiet=schedule.quiet_from is not None,
            quiet_from=_clock(schedule.quiet_from, self.quiet_from),
            quiet_to=_clock(schedule.quiet_to, self.quiet_to),
            digest="now" if schedule.digest_minute is None else "daily",
            digest_at=_clock(schedule.digest_minute, self.digest_at),
            failure="",
            loading=False,
        )


def _channel(view: ChannelView, say: Formatter, *, testing: str) -> ChannelItem:
    if not view.available:
        state, tone = "Not set up by the operator", "neutral"
    elif not view.confirmed:
        state, tone = "Wants its code", "warning"
    elif not view.enabled:
        state, tone = "Off", "neutral"
    elif view.last_error:
        state, tone = "Last message failed", "error"
    else:
        state, tone = "Ready", "success"
    sent = f"Last sent {say.moment(view.last_sent_at)}" if view.last_sent_at else ""
    return ChannelItem(
        id=str(view.id),
        kind=view.kind,
        label=view.label,
        address=view.address,
        enabled=view.enabled,
        usable=view.available and view.confirmed,
        wants_code=view.available and not view.confirmed,
        removable=view.kind != "account",
        testing=testing == str(view.id),
        state=state,
        tone=tone,
        hint=view.last_error or sent,
    )


def _kind(view: PreferenceView, channels: Sequence[ChannelView]) -> KindRow:
    shown = [one for one in channels if one.available and one.confirmed]
    return KindRow(
        kind=view.kind,
        label=view.label,
        hint=view.hint,
        in_app=view.in_app,
        cells=[Cell(str(one.id), one.label, view.channels.get(one.id, False)) for one in shown],
        lead_days=", ".join(str(day) for day in view.lead_days or ()),
        has_lead_days=view.lead_days is not None,
    )


def _address_hint(offer: ChannelOffer) -> str:
    services = ", ".join(f"{scheme}://" for scheme in offer.schemes)
    parts = ["An e-mail address"] if offer.mail else []
    if services:
        parts.append(f"a service's address as Apprise writes it ({services})")
    return " or ".join(parts)


def _minute_of(value: object, field: str) -> int:
    try:
        at = time.fromisoformat(text_of(value, field, most=8))
    except ValueError as error:
        raise ValidationFailed(field, "Choose a time.") from error
    return at.hour * 60 + at.minute


def _clock(minute: int | None, otherwise: str) -> str:
    return otherwise if minute is None else f"{minute // 60:02}:{minute % 60:02}"
