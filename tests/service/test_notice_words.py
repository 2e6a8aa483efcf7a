"""Words of notices: made when they are read or sent, for the one who reads, the same way wherever they appear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from recaller.core.scope import Scope
from recaller.infra.work import work
from recaller.services.notifications import (
    BillDue,
    BillMissed,
    BillsBooked,
    BillToConfirm,
    BookedBill,
    BudgetReached,
    Notice,
    PriceChanged,
    fact_notice,
    list_notifications,
    mark_read,
    notify,
)
from recaller.services.notifications.delivering import claim_parcel
from recaller.services.notifications.messages import compose_words
from recaller.services.notifications.sending import send_due
from recaller.services.notifications.wording import Facts, Reader
from tests.support.households import Household
from tests.support.mail import MailServer, text_of_mail
from tests.support.people import joined, sign_up_person, who

# Half past midnight of the 25th in Berlin, the evening of the 24th in New York.
NIGHT = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
DUE = date(2026, 11, 25)
RENT = BillDue("Rent", DUE, -90_050, "EUR", by_itself=True)


@dataclass(frozen=True)
class Couple:
    """Ann writes German and lives in Berlin, Bob American in New York; `all` is the household's own scope."""

    ann: Scope
    bob: Scope
    all: Scope

    def tell(self, facts: Facts, kind: str = "bill.reminder", now: datetime = NIGHT) -> None:
        with work(self.all, clock=lambda: now) as w:
            assert (
                notify(w, fact_notice(kind, "bill:1", DUE, facts, "/recurring", w.scope.shared_space_id)) == 2
            )


@pytest.fixture
def couple(mail: MailServer) -> Couple:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    scope = who(ann).scope()
    other = replace(joined(ann, bob, "bob@example.org").scope(), user_id=who(bob).user_id)
    return Couple(
        in_place(scope, "de_DE", "Europe/Berlin"),
        in_place(other, "en_US", "America/New_York"),
        everything(scope),
    )


def in_place(scope: Scope, locale: str, time_zone: str) -> Scope:
    with work(scope) as w:
        w.run(
            "UPDATE app_user SET locale = :locale, time_zone = :zone WHERE id = :id",
            locale=locale,
            zone=time_zone,
            id=scope.user_id,
        )
    return replace(scope, locale=locale, time_zone=time_zone)


def everything(scope: Scope) -> Scope:
    with work(scope) as w:
        spaces = w.rows("SELECT id FROM space WHERE tenant_id = :tenant", tenant=scope.tenant_id)
    return replace(scope, user_id=None, private_space_id=None, space_ids=tuple(space.id for space in spaces))


def own(scope: Scope) -> Scope:
    assert scope.private_space_id is not None
    return replace(scope, user_id=None, space_ids=(scope.private_space_id,))


def shown(scope: Scope, now: datetime) -> list[tuple[str, str]]:
    with work(scope, clock=lambda: now) as w:
        return [(one.title, one.body) for one in list_notifications(w).items]


def test_each_reader_counts_days_and_writes_amounts_in_the_own_way(couple: Couple, mail: MailServer) -> None:
    couple.tell(RENT)
    assert shown(couple.ann, NIGHT) == [
        ("Rent is due today", "900,50 €, Mittwoch, 25. November 2026. It is booked by itself.")
    ]
    assert shown(couple.bob, NIGHT) == [
        ("Rent is due tomorrow", "€900.50, Wednesday, November 25, 2026. It is booked by itself.")
    ]
    for scope in (couple.ann, couple.bob):
        assert send_due(own(scope), clock=lambda: NIGHT) == 1
    anns, bobs = mail.messages
    assert (anns["Subject"], bobs["Subject"]) == ("Rent is due today", "Rent is due tomorrow")
    for message, amount in ((anns, "900,50 €"), (bobs, "€900.50")):
        assert all(amount in text_of_mail(message, part) for part in ("plain", "html"))


def test_a_digest_of_the_next_morning_says_that_mornings_words(couple: Couple, mail: MailServer) -> None:
    evening = NIGHT - timedelta(hours=8)
    with work(couple.ann) as w:
        w.run(
            "INSERT INTO notification_schedule (tenant_id, space_id, user_id, digest_minute)"
            " VALUES (:tenant, :space, :user, 420)",
            tenant=w.scope.tenant_id,
            space=w.scope.private_space_id,
            user=w.scope.user_id,
        )
    couple.tell(RENT, now=evening)
    couple.tell(BillMissed("Water", date(2026, 11, 20), -1_234, "EUR"), "bill.missed", now=evening)
    assert shown(couple.ann, evening)[1][0] == "Rent is due tomorrow"
    morning = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
    assert send_due(own(couple.ann), clock=lambda: morning - timedelta(minutes=1)) == 0
    assert send_due(own(couple.ann), clock=lambda: morning) == 1
    (message,) = mail.messages
    for part in ("plain", "html"):
        text = text_of_mail(message, part)
        assert "Rent is due today" in text
        assert "tomorrow" not in text
        assert "12,34 € was expected on 20.11.2026." in text
    # Late, it says so; the centre too.
    late = morning + timedelta(days=1)
    assert shown(couple.ann, late)[1] == ("Rent was due yesterday", "900,50 €, Mittwoch, 25. November 2026.")
    assert shown(couple.ann, late + timedelta(days=2))[1][0] == "Rent was due on 25.11.2026"


def test_services_get_the_same_words(couple: Couple) -> None:
    couple.tell(RENT)
    with work(own(couple.ann), clock=lambda: NIGHT) as w:
        parcel = claim_parcel(w)
    assert parcel is not None
    words = compose_words(parcel)
    assert words.title == "Rent is due today"
    assert words.body.startswith("900,50 €, Mittwoch, 25. November 2026.")


def test_older_rows_and_facts_that_nobody_understands_keep_their_words(household: Household) -> None:
    scope = household.scope
    with work(scope) as w:
        notify(w, Notice("bill.reminder", "old", DUE, "Old rent", "900.00", "/", scope.shared_space_id))
        notify(w, fact_notice("bill.reminder", "new", DUE, RENT, "/", scope.shared_space_id))
        w.run("UPDATE notification SET facts = '{\"name\": 7}', title = 'Kept' WHERE thing = 'new'")
    with work(scope) as w:
        page = list_notifications(w).items
        assert [one.title for one in page] == ["Kept", "Old rent"]
        assert mark_read(w, page[1].id).title == "Old rent"


def test_hostile_names_stay_one_line_of_text(couple: Couple, mail: MailServer) -> None:
    couple.tell(replace(RENT, name="<b>\r\nBcc: eve@example.org"))
    assert send_due(own(couple.bob), clock=lambda: NIGHT) == 1
    (message,) = mail.messages
    assert message["Subject"] == "<b> Bcc: eve@example.org is due tomorrow"
    assert message["Bcc"] is None
    assert "<b>" not in text_of_mail(message, "html")


GERMAN, JAPANESE = Reader("de_DE", DUE), Reader("ja_JP", DUE)


@pytest.mark.parametrize(
    ("facts", "reader", "title", "body"),
    [
        (replace(RENT, amount=150_000, currency="JPY"), JAPANESE, "Rent is due today",
         "￥150,000 coming in, 2026年11月25日水曜日. It is booked by itself."),
        (BillsBooked.of([BookedBill("Rent", DUE, -90_050, "EUR")]), GERMAN, "Rent was booked",
         "Rent: 900,50\xa0€ on 25.11.2026."),
        (BillsBooked.of([BookedBill(f"B{n}", DUE, -100, "KWD") for n in range(12)]), Reader("en_US", DUE),
         "12 bills were booked",
         "; ".join(f"B{n}: KWD0.100 on Nov 25, 2026" for n in range(10)) + "; and 2 more."),
        (BudgetReached("Food", "Home", date(2026, 11, 1), date(2026, 11, 30), 80, 8_000, 10_000, 2_000, "EUR"), GERMAN,
         "Food has reached 80 % of its budget",
         "Home, 01.11.2026 to 30.11.2026: 80,00\xa0€ of 100,00\xa0€ spent, 20,00\xa0€ left."),
        (PriceChanged("Phone", -1_000, -123_456, "EUR"), GERMAN, "Phone costs more now",
         "10,00\xa0€ before, 1.234,56\xa0€ twice in a row. Let the recurring transaction expect the new amount?"),
    ],
)  # fmt: skip
def test_words(facts: Facts, reader: Reader, title: str, body: str) -> None:
    said: Any = facts.say(reader)
    assert (said.title, said.body) == (title, body)


def test_what_waits_for_a_yes_tells_amount_and_day(couple: Couple) -> None:
    couple.tell(BillToConfirm("Window cleaner", DUE, -4_500, "EUR"), "bill.confirm")
    title, body = shown(couple.ann, NIGHT)[0]
    assert title == "Window cleaner is due"
    assert body.startswith("45,00 €, Mittwoch, 25. November 2026. It waits for your yes")
    assert shown(couple.bob, NIGHT)[0][1].startswith("€45.00, Wednesday, November 25, 2026.")
    assert shown(couple.ann, NIGHT + timedelta(days=1))[0][0] == "Window cleaner was due yesterday"
    assert shown(couple.ann, NIGHT + timedelta(days=5))[0][0] == "Window cleaner was due on 25.11.2026"
