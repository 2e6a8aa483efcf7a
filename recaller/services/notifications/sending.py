"""Sends what is due to one person: claim, hand over, settle, one message after the other."""

from __future__ import annotations

import math
import time
from datetime import datetime

import structlog

from recaller.core.clock import Clock, utc_now
from recaller.core.scope import Scope
from recaller.infra.mail import send_mail
from recaller.infra.outbound import BeforeHandingOver, NotSent, PerhapsSent
from recaller.infra.services_abroad import send_to_service
from recaller.infra.work import work
from recaller.services.notifications.delivering import (
    Parcel,
    claim_parcel,
    hand_over,
    settle_not_sent,
    settle_sent,
    settle_uncertain,
)
from recaller.services.notifications.messages import compose_mail, compose_words

log = structlog.get_logger(__name__)

MAX_MESSAGES = 50


class TakenOver(Exception):
    """Another worker has this message now: it is none of ours any more."""


def send_due(scope: Scope, *, clock: Clock = utc_now, until: float = math.inf) -> int:
    """Send what is due in the scope's spaces, at most MAX_MESSAGES; returns how many messages were handed over.

    None is begun after `until` (as `time.monotonic` counts); what is left stays due.
    The scope sees one person's private space (the sweep's batches do). Any number of processes may do this at once.
    """
    sent = 0
    for _ in range(MAX_MESSAGES):
        if time.monotonic() >= until:
            break
        with work(scope, clock=clock) as w:
            parcel = claim_parcel(w)
        if parcel is None:
            break
        sent += send_parcel(scope, parcel, clock=clock)
    return sent


def send_parcel(scope: Scope, parcel: Parcel, *, clock: Clock = utc_now) -> bool:
    """Send one claimed message and write how it went; returns whether the other side took it."""

    def before() -> None:
        with work(scope, clock=clock) as w:
            if not hand_over(w, parcel):
                raise TakenOver

    try:
        _send(parcel, before, clock())
    except TakenOver:
        log.info("delivery_taken_over", channel_id=str(parcel.channel_id))
        return False
    except NotSent as error:
        log.warning("delivery_not_sent", channel_id=str(parcel.channel_id), permanent=error.permanent)
        with work(scope, clock=clock) as w:
            settle_not_sent(w, parcel, error.message, permanent=error.permanent)
        return False
    except PerhapsSent as error:
        log.warning("delivery_uncertain", channel_id=str(parcel.channel_id))
        with work(scope, clock=clock) as w:
            settle_uncertain(w, parcel, error.message)
        return False
    with work(scope, clock=clock) as w:
        settle_sent(w, parcel)
    return True


def _send(parcel: Parcel, before: BeforeHandingOver, now: datetime) -> None:
    if parcel.target.kind == "email":
        send_mail(compose_mail(parcel, now), parcel.target.address, before)
    else:
        words = compose_words(parcel)
        send_to_service(parcel.target.address, words.title, words.body, before)
