"""Single dates of recurring transactions: confirmed, skipped, posted now, undone, and shown with those to come."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.scope import Scope
from recaller.domain.occurrences import State
from recaller.services import recurring
from recaller.services.transactions import (
    EntryDraft,
    Part,
    delete_transaction,
    edit_transaction,
    get_transaction,
    restore_transaction,
)
from tests.support.recurring import BEGAN, ledger_of, make_bill, noon, run_bills, states_of

pytestmark = pytest.mark.usefixtures("nothing_drifts")


def test_confirm_first_waits_and_then_is_paid_or_differs(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking, mode="confirm", tolerance_percent=5, amount_kind="estimated", parts=(
        Part(None, -7_000, "a"), Part(None, -3_000, "b")))  # fmt: skip
    assert run_bills(scope, date(2026, 2, 6), times=2)[0] == {"posted": 0, "due": 2, "failed": 0}
    assert ledger_of(scope) == []
    assert states_of(scope, template, date(2026, 2, 6)) == {"2026-01-05": "missed", "2026-02-05": "due"}
    with noon(scope, date(2026, 2, 6)) as w:
        assert [one.due_date for one in recurring.open_occurrences(w)] == [BEGAN, date(2026, 2, 5)]
        paid = recurring.confirm_occurrence(w, template.id, BEGAN, amount=-10_500)
        assert (paid.state, paid.amount, paid.posted_on) == (State.PAID, -10_500, BEGAN)
        assert paid.transaction_id is not None
        lines = get_transaction(w, paid.transaction_id).lines
        assert [(line.amount, line.memo) for line in lines[1:]] == [(7_350, "a"), (3_150, "b")]
        assert get_transaction(w, paid.transaction_id).source == "recurring"
        differs = recurring.confirm_occurrence(
            w, template.id, date(2026, 2, 5), amount=-10_501, on=date(2026, 2, 6)
        )
        assert (differs.state, differs.posted_on) == (State.DIFFERS, date(2026, 2, 6))
        with pytest.raises(Conflict):
            recurring.confirm_occurrence(w, template.id, BEGAN)
        newest, oldest = recurring.occurrence_history(w, template.id)
        assert (newest.change, oldest.change) == (1, None)


def test_skip_once_and_think_better_of_it(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking)
    ahead = date(2026, 3, 5)
    with noon(scope, BEGAN) as w:
        assert recurring.skip_occurrence(w, template.id, ahead).state is State.SKIPPED
        assert recurring.skip_occurrence(w, template.id, date(2026, 2, 5)).state is State.SKIPPED
        assert recurring.unskip_occurrence(w, template.id, date(2026, 2, 5)).projected
        with pytest.raises(NotFound):
            recurring.skip_occurrence(w, template.id, date(2026, 3, 6))
    run_bills(scope, date(2026, 4, 5), times=2)
    assert [day for day, _ in ledger_of(scope)] == ["2026-01-05", "2026-02-05", "2026-04-05"]
    with noon(scope, date(2026, 4, 6)) as w:
        assert recurring.unskip_occurrence(w, template.id, ahead).state is State.MISSED
        with pytest.raises(Conflict):
            recurring.skip_occurrence(w, template.id, BEGAN)
    run_bills(scope, date(2026, 4, 7), times=2)
    assert [day for day, _ in ledger_of(scope)] == ["2026-01-05", "2026-02-05", "2026-03-05", "2026-04-05"]


def test_post_now_ahead_of_its_date_and_only_once(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking)
    with noon(scope, date(2026, 1, 3)) as w:
        first = recurring.post_now(w, template.id, amount=-11_000)
        assert (first.due_date, first.posted_on, first.state, first.amount) == (
            BEGAN, date(2026, 1, 3), State.POSTED, -11_000,
        )  # fmt: skip
        second = recurring.post_now(w, template.id, on=date(2026, 2, 1))
        assert (second.due_date, second.posted_on) == (date(2026, 2, 5), date(2026, 2, 1))
        with pytest.raises(Conflict):
            recurring.post_now(w, template.id, BEGAN)
    run_bills(scope, date(2026, 3, 5), times=2)
    assert [day for day, _ in ledger_of(scope)] == ["2026-01-03", "2026-02-01", "2026-03-05"]


def test_undoing_a_posted_one_skips_it_and_restoring_brings_it_back(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking)
    run_bills(scope, BEGAN)
    with noon(scope, BEGAN) as w:
        posted = recurring.get_occurrence(w, template.id, BEGAN)
        assert posted.transaction_id is not None
        undone = recurring.undo_occurrence(w, template.id, BEGAN)
        assert (undone.state, undone.transaction_id, undone.actual_amount) == (State.SKIPPED, None, None)
    assert run_bills(scope, BEGAN, times=2)[0]["posted"] == 0
    assert ledger_of(scope) == []
    with noon(scope, BEGAN) as w:
        restore_transaction(w, posted.transaction_id)
        assert recurring.get_occurrence(w, template.id, BEGAN) == posted
        delete_transaction(w, posted.transaction_id)
        recurring.unskip_occurrence(w, template.id, BEGAN)
    assert run_bills(scope, BEGAN)[0]["posted"] == 1
    with noon(scope, BEGAN) as w:
        # The date has another transaction by now: the restored one is one of its own.
        restore_transaction(w, posted.transaction_id)
        assert recurring.get_occurrence(w, template.id, BEGAN).transaction_id != posted.transaction_id


def test_a_confirmed_one_is_due_again_when_it_is_undone(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking, mode="confirm")
    run_bills(scope, BEGAN)
    with noon(scope, BEGAN) as w:
        paid = recurring.confirm_occurrence(w, template.id, BEGAN, amount=-9_000)
        assert paid.state is State.DIFFERS
        assert recurring.undo_occurrence(w, template.id, BEGAN).state is State.DUE
    with noon(scope, BEGAN) as w:
        assert paid.transaction_id is not None
        restore_transaction(w, paid.transaction_id)
        assert recurring.get_occurrence(w, template.id, BEGAN).state is State.DIFFERS


def test_the_actual_amount_is_that_of_the_transaction_as_it_is_now(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking)
    run_bills(scope, BEGAN)
    with noon(scope, BEGAN) as w:
        posted = recurring.get_occurrence(w, template.id, BEGAN)
        assert posted.transaction_id is not None
        edit_transaction(w, posted.transaction_id, EntryDraft(BEGAN, checking, -9_999), version=1)
        assert recurring.get_occurrence(w, template.id, BEGAN).amount == -9_999


def test_upcoming_shows_stored_and_projected_ones_by_day(scope: Scope, checking: UUID) -> None:
    rent = make_bill(scope, checking, name="Rent")
    make_bill(scope, checking, "FREQ=WEEKLY", name="Pay", amount=5_000, start=date(2026, 1, 6))
    run_bills(scope, date(2026, 1, 13))
    with noon(scope, date(2026, 1, 14)) as w:
        recurring.skip_occurrence(w, rent.id, date(2026, 2, 5))
        coming = recurring.upcoming(w, date(2026, 1, 5), date(2026, 2, 10))
        assert [(one.posted_on.isoformat()[5:], one.name, one.state.value, one.projected) for one in coming] == [
            ("01-05", "Rent", "posted", False), ("01-06", "Pay", "posted", False), ("01-13", "Pay", "posted", False),
            ("01-20", "Pay", "scheduled", True), ("01-27", "Pay", "scheduled", True),
            ("02-03", "Pay", "scheduled", True),
            ("02-05", "Rent", "skipped", False), ("02-10", "Pay", "scheduled", True),
        ]  # fmt: skip
        assert [one.name for one in recurring.upcoming(w, BEGAN, date(2026, 2, 10), ids=[rent.id])] == [
            "Rent",
            "Rent",
        ]
        assert recurring.get_recurring(w, rent.id).next_due == date(2026, 3, 5)
        with pytest.raises(ValidationFailed):
            recurring.upcoming(w, BEGAN, date(2030, 1, 1))
