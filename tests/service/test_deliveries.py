"""Messages to a real mail server: each once, in the receiver's hours, and what becomes of those that fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from recaller.core.errors import Conflict
from recaller.core.scope import Scope
from recaller.infra.work import work
from recaller.services.notifications import Notice, notify
from recaller.services.notifications.delivering import claim_parcel, hand_over, send_again
from recaller.services.notifications.sending import send_due
from recaller.settings import Settings, use_settings
from tests.support.households import Household, make_household
from tests.support.mail import MailServer, text_of_mail

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = date(2026, 11, 27)
LINK = "/recurring?open=1"


@pytest.fixture
def ann(mail: MailServer) -> Household:
    return make_household("Ann", time_zone="Europe/Berlin")


def tell(scope: Scope, thing: str = "bill:1:0", *, now: datetime = NOON, **words: Any) -> None:
    text = {"title": "Rent is due on Friday", "body": "900.00 from Checking", **words}
    with work(scope, clock=lambda: now) as w:
        notice = Notice(
            "bill.reminder",
            thing,
            DAY,
            text["title"],
            text["body"],
            "/recurring?open=1",
            scope.shared_space_id,
        )
        assert notify(w, notice) == 1


def own(scope: Scope) -> Scope:
    """What the workers see of a person: the private space only."""
    assert scope.private_space_id is not None
    return replace(scope, user_id=None, space_ids=(scope.private_space_id,))


def deliver(scope: Scope, now: datetime = NOON) -> int:
    return send_due(own(scope), clock=lambda: now)


def states(scope: Scope) -> list[tuple[str, int]]:
    with work(scope) as w:
        rows = w.rows("SELECT state, attempts FROM notification_delivery ORDER BY created_at, id")
    return [tuple(row) for row in rows]


def schedule(scope: Scope, **minutes: int) -> None:
    columns = ", ".join(minutes)
    values = ", ".join(f":{name}" for name in minutes)
    with work(scope) as w:
        w.run(
            f"INSERT INTO notification_schedule (tenant_id, space_id, user_id, {columns})"
            f" VALUES (:tenant, :space, :user, {values})",
            tenant=scope.tenant_id, space=scope.private_space_id, user=scope.user_id, **minutes,
        )  # fmt: skip


def test_one_mail_in_html_and_text(ann: Household, mail: MailServer) -> None:
    tell(ann.scope)
    assert [deliver(ann.scope) for _ in range(3)] == [1, 0, 0]
    (message,) = mail.messages
    assert mail.recipients == [ann.email]
    assert (message["Subject"], message["From"]) == (
        "Rent is due on Friday",
        "Recaller <recaller@example.org>",
    )
    assert message["Date"] == "Tue, 24 Nov 2026 12:00:00 +0000"
    text, html = text_of_mail(message, "plain"), text_of_mail(message, "html")
    for part in (text, html):
        for words in ("Rent is due on Friday", "900.00 from Checking", "Friday, November 27, 2026"):
            assert words in part
        assert "http://localhost:3000/recurring?open=1" in part
        assert "http://localhost:3000/settings/notifications" in part
    assert states(ann.scope) == [("sent", 1)]


def test_hostile_words_stay_words(ann: Household, mail: MailServer) -> None:
    tell(ann.scope, title="<script>alert(1)</script>\r\nBcc: eve@example.org", body="a & <b>b</b>")
    deliver(ann.scope)
    (message,) = mail.messages
    assert mail.recipients == [ann.email]
    assert message["Bcc"] is None
    assert message["Subject"] == "<script>alert(1)</script> Bcc: eve@example.org"
    html = text_of_mail(message, "html")
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "a &amp; &lt;b&gt;b&lt;/b&gt;" in html
    assert "<script>alert(1)</script>" in text_of_mail(message, "plain")


def test_dates_are_written_as_the_receiver_writes_them(ann: Household, mail: MailServer) -> None:
    with work(ann.scope) as w:
        w.run("UPDATE app_user SET locale = 'de_DE' WHERE id = :id", id=ann.user_id)
    tell(ann.scope)
    deliver(ann.scope)
    assert "Freitag, 27. November 2026" in text_of_mail(mail.messages[0], "html")


@pytest.mark.parametrize(
    ("told_at", "held_until", "sent_at"),
    [
        ("2026-11-24T22:30+01:00", "2026-11-25T06:59+01:00", "2026-11-25T07:00+01:00"),
        ("2026-03-28T23:30+01:00", "2026-03-29T06:59+02:00", "2026-03-29T07:00+02:00"),
        ("2026-10-24T23:30+02:00", "2026-10-25T06:59+01:00", "2026-10-25T07:00+01:00"),
    ],
)
def test_quiet_hours_hold_back_the_mail_but_not_the_row(
    ann: Household, mail: MailServer, told_at: str, held_until: str, sent_at: str
) -> None:
    schedule(ann.scope, quiet_from=22 * 60, quiet_to=7 * 60)
    tell(ann.scope, now=datetime.fromisoformat(told_at))
    with work(ann.scope) as w:
        assert len(w.rows("SELECT 1 FROM notification WHERE NOT hidden")) == 1
    assert deliver(ann.scope, datetime.fromisoformat(told_at)) == 0
    assert deliver(ann.scope, datetime.fromisoformat(held_until)) == 0
    assert mail.messages == []
    assert deliver(ann.scope, datetime.fromisoformat(sent_at)) == 1
    assert len(mail.messages) == 1


def test_quiet_hours_that_were_set_later_hold_it_back_too(ann: Household, mail: MailServer) -> None:
    tell(ann.scope)
    schedule(ann.scope, quiet_from=0, quiet_to=23 * 60)
    assert deliver(ann.scope) == 0
    assert deliver(ann.scope, NOON.replace(hour=22)) == 1


def test_a_digest_is_one_mail_a_day(ann: Household, mail: MailServer) -> None:
    schedule(ann.scope, digest_minute=18 * 60)
    for number in range(3):
        tell(ann.scope, f"bill:{number}:0", title=f"Bill {number}", now=NOON + timedelta(hours=number))
    assert deliver(ann.scope, NOON + timedelta(hours=4, minutes=59)) == 0
    assert deliver(ann.scope, NOON + timedelta(hours=5)) == 1
    (message,) = mail.messages
    assert message["Subject"] == "3 notices from Ann"
    text = text_of_mail(message, "plain")
    assert [text.index(f"Bill {number}") for number in range(3)] == sorted(
        text.index(f"Bill {number}") for number in range(3)
    )
    # What was told in time but came too late for the mail goes with the next one.
    with work(ann.scope) as w:
        w.run(
            "UPDATE notification_delivery SET state = 'queued', attempts = 0, next_at = :due"
            " WHERE thing = 'bill:2:0'",
            due=NOON + timedelta(hours=5),
        )
    assert deliver(ann.scope, NOON + timedelta(hours=5, minutes=1)) == 0
    assert deliver(ann.scope, NOON + timedelta(days=1, hours=5)) == 1
    assert mail.subjects == ["3 notices from Ann", "Bill 2"]


def test_a_temporary_refusal_is_tried_again_and_a_final_one_is_not(ann: Household, mail: MailServer) -> None:
    tell(ann.scope)
    mail.refuse = "451 later, please"
    deliver(ann.scope)
    assert states(ann.scope) == [("queued", 1)]
    assert deliver(ann.scope, NOON + timedelta(seconds=59)) == 0
    assert states(ann.scope) == [("queued", 1)]
    mail.refuse = "554 never"
    deliver(ann.scope, NOON + timedelta(minutes=2))
    assert states(ann.scope) == [("failed", 2)]
    with work(ann.scope) as w:
        delivery = w.rows("SELECT id, error FROM notification_delivery")[0]
        assert "554 never" in delivery.error
        assert "554 never" in w.rows("SELECT last_error FROM notification_channel")[0].last_error
    mail.refuse = ""
    with work(ann.scope, clock=lambda: NOON) as w:
        send_again(w, delivery.id)
    assert deliver(ann.scope) == 1
    assert states(ann.scope) == [("sent", 1)]
    with pytest.raises(Conflict), work(ann.scope) as w:
        send_again(w, delivery.id)


def test_a_mail_server_that_never_answers_is_given_up(
    ann: Household, database: Settings, mail: MailServer
) -> None:
    use_settings(mail.settings(database).model_copy(update={"smtp_port": 1}))
    tell(ann.scope)
    now = NOON
    for _ in range(20):
        deliver(ann.scope, now)
        now += timedelta(days=1)
    assert states(ann.scope) == [("failed", 9)]


def test_a_claim_is_taken_over_until_it_is_handed_over(ann: Household, mail: MailServer) -> None:
    tell(ann.scope)
    scope = own(ann.scope)
    with work(scope, clock=lambda: NOON) as w:
        first = claim_parcel(w)
        assert first is not None
        assert claim_parcel(w) is None
    later = NOON + timedelta(minutes=3)
    with work(scope, clock=lambda: later) as w:
        second = claim_parcel(w)
        assert second is not None
        assert second.ids == first.ids
    with work(scope, clock=lambda: later) as w:
        assert not hand_over(w, first)
        assert hand_over(w, second)
    assert deliver(ann.scope, later + timedelta(minutes=9)) == 0
    assert states(ann.scope) == [("handing_over", 2)]
    assert deliver(ann.scope, later + timedelta(minutes=10)) == 0
    assert states(ann.scope) == [("uncertain", 2)]
    assert mail.messages == []


def test_who_was_shut_out_meanwhile_gets_nothing(ann: Household, mail: MailServer) -> None:
    tell(ann.scope)
    with work(ann.scope) as w:
        w.run("UPDATE membership SET active = false WHERE user_id = :id", id=ann.user_id)
    assert deliver(ann.scope) == 0
    assert states(ann.scope) == [("cancelled", 0)]
    assert mail.messages == []


def test_two_households_get_their_own(
    ann: Household, mail: MailServer, new_household: Callable[..., Household]
) -> None:
    birch = new_household("Birch")
    tell(ann.scope, title="Alder's rent")
    tell(birch.scope, title="Birch's rent")
    assert deliver(ann.scope) == 1
    assert (mail.recipients, mail.subjects) == ([ann.email], ["Alder's rent"])
    assert deliver(birch.scope) == 1
    assert mail.recipients == [ann.email, birch.email]
