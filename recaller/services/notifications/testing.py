"""The test button: really sends over one channel, and tells how that went."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from limits import RateLimitItemPerMinute

from recaller.core.clock import Clock, local_date, utc_now
from recaller.core.errors import Conflict
from recaller.core.ids import new_id
from recaller.core.scope import Scope
from recaller.infra.limits import Limit, check_limit
from recaller.infra.mail import send_mail
from recaller.infra.outbound import NotSent, PerhapsSent
from recaller.infra.services_abroad import send_to_service
from recaller.infra.work import Work, work
from recaller.services.notifications.channels import get_channel, new_code
from recaller.services.notifications.delivering import Parcel, Target, Told, note_channel, target_of
from recaller.services.notifications.messages import SETTINGS_PATH, compose_code, compose_mail, compose_words

_TESTS = Limit("notification-test", RateLimitItemPerMinute(6))


@dataclass(frozen=True, slots=True)
class TrialView:
    """How a test went: `sent`, and words for people. `wants_code`: a code is on its way instead of a test."""

    sent: bool
    message: str
    wants_code: bool = False


def try_channel(scope: Scope, channel_id: UUID, *, clock: Clock = utc_now) -> TrialView:
    """Send a test over one of the caller's channels, or the code to one that isn't confirmed yet.

    Takes as long as the other side does (seconds); no transaction is open meanwhile. Raises NotFound, Conflict while
    the operator has set up nothing for this channel, RateLimited.
    """
    with work(scope, clock=clock) as w:
        view = get_channel(w, channel_id)
        if not view.available:
            raise Conflict("The operator hasn't set up what this channel needs.")
        check_limit(_TESTS, str(scope.user_id))
        parcel = _test_parcel(w, channel_id)
        code = None if view.confirmed else new_code(w, channel_id, parcel.target.address)
    error: str | None = None
    try:
        _send(parcel, code, clock)
    except (NotSent, PerhapsSent) as failure:
        error = failure.message
    with work(scope, clock=clock) as w:
        note_channel(w, channel_id, error)
    if error is not None:
        return TrialView(False, error)
    if code is not None:
        return TrialView(
            True, "A code is on its way to this address. Type it here to confirm.", wants_code=True
        )
    return TrialView(True, "Sent. Look whether it arrived.")


def _send(parcel: Parcel, code: str | None, clock: Clock) -> None:
    now = clock()
    if code is not None:
        mail = compose_code(parcel.target.address, parcel.name, code, parcel.claim, now)
        send_mail(mail, parcel.target.address, _nothing)
    elif parcel.target.kind == "email":
        send_mail(compose_mail(parcel, now), parcel.target.address, _nothing)
    else:
        words = compose_words(parcel)
        send_to_service(parcel.target.address, words.title, words.body, _nothing)


def _nothing() -> None:
    """A test is kept in no log, so there is nothing to write before it is handed over."""


def _test_parcel(w: Work, channel_id: UUID) -> Parcel:
    row = w.row(
        "SELECT c.kind, c.address_encrypted, u.email, u.display_name, u.locale, t.name AS household"
        " FROM notification_channel c JOIN app_user u ON u.id = c.user_id JOIN tenant t ON t.id = c.tenant_id"
        " WHERE c.id = :id",
        id=channel_id,
    )
    assert row is not None
    target: Target = target_of(row)
    told = Told(
        kind="test",
        day=local_date(w.now, w.scope.time_zone),
        title="Recaller can reach you here",
        body="This is a test that you asked for.",
        href=SETTINGS_PATH,
    )
    identity = new_id()
    return Parcel(
        claim=identity,
        ids=(identity,),
        channel_id=channel_id,
        target=target,
        name=row.display_name,
        household=row.household,
        locale=row.locale,
        digest_day=None,
        told=(told,),
    )
