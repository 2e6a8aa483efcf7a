"""What the caller was told, over which channels, and when: each person's own."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field

from recaller.api.dependencies import CurrentScope
from recaller.api.idempotency import Once
from recaller.api.schemas import COMMON_PROBLEMS, NO_NUL, Body, Fields, Paging
from recaller.core.paging import Page
from recaller.domain.quiet_hours import MINUTES_A_DAY, Schedule
from recaller.infra.work import work
from recaller.services import notifications as services
from recaller.services.notifications import (
    ChannelChange,
    ChannelOffer,
    ChannelView,
    NotificationView,
    PreferenceChange,
    PreferenceView,
    TrialView,
)

# A test waits for servers that aren't ours: in few threads of its own, so that no other request waits behind it.
_ABROAD = ThreadPoolExecutor(max_workers=4, thread_name_prefix="abroad")

router = APIRouter(tags=["notifications"], responses=COMMON_PROBLEMS)

Minute = Annotated[
    int | None,
    Field(
        ge=0,
        lt=MINUTES_A_DAY,
        description="Minutes after midnight in the caller's time zone; null for none.",
        examples=[1320],
    ),
]
Kind = Annotated[str, Path(max_length=60, pattern=NO_NUL, examples=["bill.reminder"])]
Label = Annotated[str, Field(max_length=100, pattern=NO_NUL, examples=["Phone"])]


@dataclass(frozen=True, slots=True)
class UnreadView:
    """How many notifications the caller hasn't read; 100 means that many or more."""

    unread: int


@dataclass(frozen=True, slots=True)
class MarkedView:
    """How many notifications were marked as read."""

    marked: int


class NewChannel(Body):
    """An e-mail address, which wants to be confirmed, or a service's address as Apprise writes it."""

    address: Annotated[
        str, Field(min_length=3, max_length=1000, pattern=NO_NUL, examples=["ann.other@example.org"])
    ]
    label: Label = ""


class ChannelPatch(Body):
    """What of a channel changes; what isn't named stays."""

    label: Label | None = None
    enabled: bool | None = None


class Code(Body):
    """The code that was sent to the address."""

    code: Annotated[str, Field(min_length=1, max_length=20, pattern=NO_NUL, examples=["123456"])]


class PreferencePatch(Body):
    """What of a kind changes; what isn't named stays. `channels` maps channel ids to yes or no."""

    in_app: bool | None = None
    channels: Annotated[dict[UUID, bool], Field(max_length=50)] = Field(default_factory=dict)
    lead_days: Annotated[
        tuple[Annotated[int, Field(ge=0, le=60)], ...] | None,
        Field(min_length=1, max_length=5, description="Days before the due date.", examples=[[3, 0]]),
    ] = None


class ScheduleBody(Body):
    """When the caller wants to be left alone, and whether to gather a day into one message."""

    quiet_from: Minute = None
    quiet_to: Minute = None
    digest_minute: Minute = None


@router.get("/notifications", response_model=Page[NotificationView])
def list_notifications(
    scope: CurrentScope,
    fields: Fields,
    page: Paging,
    unread: Annotated[bool, Query(description="Only those that aren't read yet.")] = False,
) -> object:
    """Return what the caller was told, newest first, with what became of each delivery."""
    with work(scope, read_only=True) as w:
        return fields.reply(
            services.list_notifications(w, limit=page.limit, cursor=page.cursor, unread_only=unread)
        )


@router.get("/notifications/unread")
def count_unread(scope: CurrentScope) -> UnreadView:
    """Return how many the caller hasn't read; cheap enough to be asked often."""
    with work(scope, read_only=True) as w:
        return UnreadView(services.count_unread(w))


@router.post("/notifications/read-all")
def mark_all_read(scope: CurrentScope) -> MarkedView:
    """Mark everything as read."""
    with work(scope) as w:
        return MarkedView(services.mark_all_read(w))


@router.post("/notifications/{notification_id}/read")
def mark_read(notification_id: UUID, scope: CurrentScope) -> NotificationView:
    """Mark one as read."""
    with work(scope) as w:
        return services.mark_read(w, notification_id)


@router.post("/notification-deliveries/{delivery_id}/send-again", status_code=204)
def send_again(delivery_id: UUID, scope: CurrentScope) -> None:
    """Send once more what failed, or what may not have arrived."""
    with work(scope) as w:
        services.send_again(w, delivery_id)


@router.get("/notification-channels", response_model=tuple[ChannelView, ...])
def list_channels(scope: CurrentScope, fields: Fields) -> object:
    """Return the caller's channels, their addresses masked."""
    with work(scope) as w:
        return fields.reply(services.list_channels(w))


@router.get("/notification-channels/offer")
def read_offer(_: CurrentScope) -> ChannelOffer:
    """Return what the operator lets people use: mail, and services by Apprise's names."""
    return services.channel_offer()


@router.post("/notification-channels", status_code=201, response_model=ChannelView)
def add_channel(body: NewChannel, scope: CurrentScope, once: Once) -> object:
    """Add a channel; an e-mail address then wants the code that `test` sends to it."""
    with work(scope) as w:
        return once.reply(w, lambda: services.add_channel(w, body.address, body.label), status=201)


@router.patch("/notification-channels/{channel_id}")
def change_channel(channel_id: UUID, body: ChannelPatch, scope: CurrentScope) -> ChannelView:
    """Rename a channel, or switch it off and on."""
    with work(scope) as w:
        return services.change_channel(w, channel_id, ChannelChange(body.label, body.enabled))


@router.delete("/notification-channels/{channel_id}", status_code=204)
def remove_channel(channel_id: UUID, scope: CurrentScope) -> None:
    """Remove a channel; the account's own address can only be switched off."""
    with work(scope) as w:
        services.remove_channel(w, channel_id)


@router.post("/notification-channels/{channel_id}/confirm")
def confirm_channel(channel_id: UUID, body: Code, scope: CurrentScope) -> ChannelView:
    """Confirm an address by the code that was sent there."""
    with work(scope) as w:
        return services.confirm_channel(w, channel_id, body.code)


@router.post("/notification-channels/{channel_id}/test")
async def try_channel(channel_id: UUID, scope: CurrentScope) -> TrialView:
    """Really send a test over this channel (or the code, to an address that isn't confirmed), and tell how it went."""
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(
        _ABROAD, lambda: context.run(services.try_channel, scope, channel_id)
    )


@router.get("/notification-preferences", response_model=tuple[PreferenceView, ...])
def list_preferences(scope: CurrentScope, fields: Fields) -> object:
    """Return what the caller wants of each kind of notification."""
    with work(scope) as w:
        return fields.reply(services.list_preferences(w))


@router.patch("/notification-preferences/{kind}")
def save_preference(kind: Kind, body: PreferencePatch, scope: CurrentScope) -> PreferenceView:
    """Change what the caller wants of one kind."""
    with work(scope) as w:
        change = PreferenceChange(body.in_app, body.channels, body.lead_days)
        return services.save_preference(w, kind, change)


@router.get("/notification-schedule")
def read_schedule(scope: CurrentScope) -> Schedule:
    """Return the caller's quiet hours and digest."""
    with work(scope, read_only=True) as w:
        return services.get_schedule(w)


@router.put("/notification-schedule")
def save_schedule(body: ScheduleBody, scope: CurrentScope) -> Schedule:
    """Set the caller's quiet hours and digest."""
    with work(scope) as w:
        return services.save_schedule(w, Schedule(body.quiet_from, body.quiet_to, body.digest_minute))
