"""Recurring transactions posted: once, on their days, in every shape, whatever stands in their way."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from recaller.core.scope import Scope, Source
from recaller.domain.recurrence import Shift, recurrence_of
from recaller.infra.work import Work, work
from recaller.services import recurring
from recaller.services.accounts import (
    AccountDraft,
    close_account,
    create_account,
)
from recaller.services.categories import create_category, hide_category
from recaller.services.household_settings import HouseholdSettingsView, save_household_settings
from recaller.services.recurring import RecurringDraft, RecurringView
from recaller.services.recurring.planning import plan_household
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransferDraft,
    delete_transaction,
    record_transaction,
)
from tests.support.households import Household
from tests.support.recurring import BEGAN, ledger_of, make_bill, noon, run_bills, states_of

pytestmark = pytest.mark.usefixtures("nothing_drifts")


def test_due_dates_are_posted_once_each_on_its_own_date(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking, start=date(2026, 1, 31))
    counts, errors = run_bills(scope, date(2026, 4, 30), times=3)
    assert (counts, errors.items) == ({"posted": 4, "due": 0, "failed": 0}, [])
    assert ledger_of(scope) == [(f"2026-{day}", -10_000) for day in ("01-31", "02-28", "03-31", "04-30")]
    assert set(states_of(scope, template, date(2026, 4, 30)).values()) == {"posted"}
    with noon(scope, date(2026, 4, 30)) as w:
        assert recurring.get_recurring(w, template.id).next_due == date(2026, 5, 31)


def stored_next(scope: Scope, template: RecurringView) -> tuple[date | None, str]:
    """Where the next run begins to look, and the stored state."""
    with work(scope) as w:
        row = w.row("SELECT next_due, state FROM recurring WHERE id = :id", id=template.id)
        assert row is not None
        return row.next_due, row.state


@pytest.mark.parametrize("mode", ["auto", "confirm"])
def test_a_run_goes_on_behind_what_it_dealt_with_and_what_was_decided_ahead(
    scope: Scope, checking: UUID, mode: str
) -> None:
    template = make_bill(scope, checking, count=5, mode=mode)
    with noon(scope, BEGAN) as w:
        recurring.skip_occurrence(w, template.id, date(2026, 2, 5))
        recurring.post_now(w, template.id, date(2026, 3, 5))
        assert recurring.get_recurring(w, template.id).next_due == BEGAN
    seen = {}
    for day in (
        BEGAN,
        date(2026, 1, 6),
        date(2026, 3, 4),
        date(2026, 3, 5),
        date(2026, 4, 5),
        date(2026, 5, 5),
    ):
        run_bills(scope, day)
        seen[day.isoformat()] = stored_next(scope, template)
    assert seen == {
        "2026-01-05": (date(2026, 2, 5), "active"),
        "2026-01-06": (date(2026, 2, 5), "active"),
        "2026-03-04": (date(2026, 3, 5), "active"),
        "2026-03-05": (date(2026, 4, 5), "active"),
        "2026-04-05": (date(2026, 5, 5), "active"),
        "2026-05-05": (None, "ended"),
    }
    # What a run has left behind it never looks at again.
    with noon(scope, date(2026, 6, 1)) as w:
        assert not plan_household(w).next_due


@pytest.fixture
def category(scope: Scope) -> UUID:
    with work(scope) as w:
        return create_category(w, "Upkeep", "expense").id


def test_every_shape_is_written_as_the_ledgers_own_hand_would(
    household: Household, checking: UUID, category: UUID
) -> None:
    """The set-based posting and `record_transaction` leave the same rows, column by column."""
    scope = household.scope
    with noon(scope, BEGAN) as w:
        savings = create_account(w, AccountDraft("Savings", "savings", "USD")).id
        euros = create_account(w, AccountDraft("Euros", "savings", "EUR")).id
        own = create_account(w, AccountDraft("Mine", "cash", "USD", private=True)).id
        food = create_category(w, "Provisions", "expense").id
    one = recurrence_of("FREQ=MONTHLY;COUNT=1", BEGAN)
    drafts = {
        "plain": (RecurringDraft("Plain", checking, -500, one), EntryDraft(BEGAN, checking, -500)),
        "income": (
            RecurringDraft(
                "Pay", checking, 500_00, one, payee="Works Ltd", note="May it last", tags=("pay", "work")
            ),
            EntryDraft(BEGAN, checking, 500_00, "Works Ltd", (), "May it last", tags=("pay", "work")),
        ),
        "category": (
            RecurringDraft(
                "Rent", checking, -900, one, parts=(Part(category, -900, "flat"),), payee="Landlord"
            ),
            EntryDraft(BEGAN, checking, -900, "Landlord", (Part(category, -900, "flat"),)),
        ),
        "split": (
            RecurringDraft(
                "Shop",
                checking,
                -900,
                one,
                parts=(Part(category, -1000), Part(food, 50, "rebate"), Part(None, 50)),
            ),
            EntryDraft(
                BEGAN, checking, -900, "", (Part(category, -1000), Part(food, 50, "rebate"), Part(None, 50))
            ),
        ),
        "with a transfer in it": (
            RecurringDraft("Loan", checking, -900, one, parts=(Part(category, -100), Part(savings, -800))),
            EntryDraft(BEGAN, checking, -900, "", (Part(category, -100), Part(savings, -800))),
        ),
        "transfer": (
            RecurringDraft("Save", checking, 700, one, savings),
            TransferDraft(BEGAN, checking, savings, 700),
        ),
        "to a private account": (
            RecurringDraft("Pocket money", checking, 700, one, own, tags=("kids",)),
            TransferDraft(BEGAN, checking, own, 700, tags=("kids",)),
        ),
        "private": (
            RecurringDraft("Mine", own, -70, one, payee="Cinema"),
            EntryDraft(BEGAN, own, -70, "Cinema"),
        ),
        "conversion": (
            RecurringDraft("Abroad", checking, 700, one, euros, 650),
            TransferDraft(BEGAN, checking, euros, 700, 650),
        ),
    }
    for name, (template, draft) in drafts.items():
        with noon(scope, BEGAN) as w:
            made = recurring.create_recurring(w, template).id
        assert run_bills(scope, BEGAN)[0]["posted"] == 1, name
        with noon(scope, BEGAN) as w:
            row = w.row("SELECT transaction_id FROM occurrence WHERE recurring_id = :id", id=made)
            assert row is not None
            by_hand = record_transaction(w, draft, source=Source.RECURRING).id
            assert everything(w, row.transaction_id) == everything(w, by_hand), name
            # No occurrence names it, which `recaller verify` would rightly report.
            delete_transaction(w, by_hand)


def everything(w: Work, transaction_id: UUID) -> dict[str, Any]:
    """All that the database keeps of a transaction, without what must differ."""
    found: dict[str, Any] = {}
    for table, key, order in (
        ("transaction", "id", "id"),
        ("posting", "transaction_id", "line"),
        ("transaction_tag", "transaction_id", "tag_id"),
        ("exchange_rate", "transaction_id", "id"),
    ):
        rows = w.rows(f"SELECT * FROM {table} WHERE {key} = :id ORDER BY {order}", id=transaction_id)
        found[table] = [
            {
                name: value
                for name, value in row._mapping.items()
                if name not in ("id", "transaction_id", "created_by")
            }
            for row in rows
        ]
    return found


def test_what_can_not_be_posted_is_named_and_kept_while_the_others_are_posted(
    scope: Scope, checking: UUID, category: UUID
) -> None:
    with noon(scope, BEGAN) as w:
        cash = create_account(w, AccountDraft("Purse", "cash", "USD")).id
    broken = make_bill(scope, cash, name="Milk", rule="FREQ=WEEKLY")
    hidden = make_bill(scope, checking, name="Papers", parts=(Part(category, -10_000),))
    make_bill(scope, checking, name="Rent")
    with noon(scope, BEGAN) as w:
        close_account(w, cash, BEGAN)
        hide_category(w, category, hidden=True)
    counts, errors = run_bills(scope, date(2026, 1, 12))
    assert counts == {"posted": 1, "due": 0, "failed": 3}
    assert sorted((item.entity_id, item.message) for item in errors.items) == sorted([
        (broken.id, "“Milk” of 2026-01-05 could not be posted: “Purse” is closed."),
        (broken.id, "“Milk” of 2026-01-12 could not be posted: “Purse” is closed."),
        (hidden.id, "“Papers” of 2026-01-05 could not be posted: “Upkeep” is closed."),
    ])  # fmt: skip
    with noon(scope, date(2026, 1, 13)) as w:
        assert [one.error for one in recurring.open_occurrences(w)] == [
            "“Purse” is closed.", "“Upkeep” is closed.", "“Purse” is closed.",
        ]  # fmt: skip
        w.run("UPDATE account SET closed_on = NULL")
    assert run_bills(scope, date(2026, 1, 14), times=2)[0] == {"posted": 3, "due": 0, "failed": 0}
    assert [day for day, _ in ledger_of(scope)] == ["2026-01-05"] * 3 + ["2026-01-12"]
    with noon(scope, date(2026, 1, 14)) as w:
        assert recurring.open_occurrences(w) == ()


def test_a_template_that_the_ledger_refuses_stops_no_other(scope: Scope, checking: UUID) -> None:
    bad, good = make_bill(scope, checking, name="Bad"), make_bill(scope, checking, name="Good")
    with noon(scope, BEGAN) as w:
        w.run(
            "UPDATE recurring_line SET amount = amount + 1 WHERE recurring_id = :id AND line = 1", id=bad.id
        )
    counts, errors = run_bills(scope, BEGAN)
    assert counts == {"posted": 1, "due": 0, "failed": 1}
    assert [item.entity_id for item in errors.items] == [bad.id]
    assert states_of(scope, good, BEGAN) == {"2026-01-05": "posted"}
    with noon(scope, BEGAN) as w:
        recurring.edit_recurring(w, bad.id, recurring.draft_of(bad), version=1)
    assert run_bills(scope, date(2026, 1, 6), times=2)[0] == {"posted": 1, "due": 0, "failed": 0}


def test_business_days_move_the_posting_and_not_the_date_that_it_stands_for(
    household: Household, checking: UUID
) -> None:
    scope = household.scope
    with work(scope) as w:
        save_household_settings(w, HouseholdSettingsView(country="DE"))
    before = make_bill(
        scope,
        checking,
        "FREQ=MONTHLY;BYMONTHDAY=3",
        name="Before",
        shift=Shift.BEFORE,
        start=date(2026, 10, 1),
    )
    last = make_bill(
        scope, checking, "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", name="Last", start=date(2026, 10, 1)
    )
    assert (before.next_due, before.next_on) == (date(2026, 10, 3), date(2026, 10, 2))
    assert run_bills(scope, date(2026, 10, 1))[0]["posted"] == 0
    assert run_bills(scope, date(2026, 10, 2), times=2)[0]["posted"] == 1
    assert run_bills(scope, date(2026, 10, 30), times=2)[0]["posted"] == 1
    with work(scope) as w:
        save_household_settings(w, HouseholdSettingsView(country=None))
    # Another calendar says that other days would have been right: nothing is posted twice.
    assert run_bills(scope, date(2026, 11, 1), times=2)[0]["posted"] == 0
    assert [day for day, _ in ledger_of(scope)] == ["2026-10-02", "2026-10-30"]
    assert states_of(scope, last, date(2026, 11, 1)) == {"2026-10-31": "posted"}


def test_a_long_downtime_is_caught_up_in_order(scope: Scope, checking: UUID) -> None:
    make_bill(scope, checking, "FREQ=DAILY", amount=-100)
    make_bill(scope, checking, "FREQ=WEEKLY;INTERVAL=2", amount=-200)
    run_bills(scope, BEGAN)
    counts, _ = run_bills(scope, BEGAN + timedelta(days=400), times=3)
    found = ledger_of(scope)
    assert counts["posted"] == len(found) - 2 == 400 + 28
    assert found == sorted(found, key=lambda one: one[0])
    assert len({day for day, amount in found if amount == -100}) == 401
