"""Bank rows that settle what is expected: nothing twice, balances exact, the member's choice first, undo exact."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from recaller.core.scope import Scope
from recaller.domain.recurrence import recurrence_of
from recaller.infra.work import work
from recaller.services import recurring
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import create_category
from recaller.services.daily import ErrorLog
from recaller.services.households import system_scopes
from recaller.services.imports import (
    ImportRowView,
    ImportView,
    choose_rows,
    commit_import,
    list_import_rows,
    start_import,
    undo_import,
)
from recaller.services.recurring import OccurrenceView, RecurringDraft, RecurringView
from recaller.services.starter import create_starter_accounts
from recaller.services.transactions import EntryDraft, Part, get_transaction, record_transaction
from tests.support.households import make_household

pytestmark = pytest.mark.usefixtures("nothing_drifts")

MARCH = date(2026, 3, 1)


def at(scope: Scope, day: date) -> Any:
    """A unit of work at noon of a day."""
    return work(scope, clock=lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


@pytest.fixture
def checking(scope: Scope) -> UUID:
    with at(scope, date(2026, 1, 1)) as w:
        return create_account(w, AccountDraft("Checking", "checking", "USD")).id


def make(scope: Scope, account: UUID, **more: Any) -> RecurringView:
    draft = RecurringDraft(
        name="Rent", account_id=account, amount=-80000, payee="Oakwood Apartments",
        recurrence=recurrence_of(more.pop("rule", "FREQ=MONTHLY"), more.pop("start", MARCH)),
    )  # fmt: skip
    with at(scope, date(2026, 2, 20)) as w:
        return recurring.create_recurring(w, replace(draft, **more))


def post(scope: Scope, day: date) -> int:
    system = next(one for one in system_scopes() if one.tenant_id == scope.tenant_id)
    with at(system, day) as w:
        return recurring.post_recurring(w, ErrorLog())["posted"]


def upload(scope: Scope, account: UUID, *rows: str, day: date = date(2026, 3, 10)) -> ImportView:
    content = "\n".join(["Date,Payee,Amount", *rows, ""]).encode()
    with at(scope, day) as w:
        return start_import(w, "bank.csv", content, account_id=account)


def staged(scope: Scope, batch: ImportView) -> list[ImportRowView]:
    with work(scope) as w:
        return list(list_import_rows(w, batch.id).items)


def commit(scope: Scope, batch: ImportView, day: date = date(2026, 3, 10)) -> ImportView:
    with at(scope, day) as w:
        return commit_import(w, batch.id)


def balance(scope: Scope, account: UUID) -> int:
    with work(scope) as w:
        row = w.row(
            "SELECT coalesce(sum(amount), 0) AS total FROM posting WHERE account_id = :id", id=account
        )
        assert row is not None
        return int(row.total)


def count(scope: Scope) -> int:
    with work(scope) as w:
        row = w.row("SELECT count(*) AS n FROM transaction")
        assert row is not None
        return int(row.n)


def occurrences(scope: Scope, template: RecurringView, day: date = date(2026, 3, 20)) -> list[OccurrenceView]:
    with at(scope, day) as w:
        return list(recurring.occurrence_history(w, template.id))


def test_a_row_adopts_what_was_posted(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking)
    assert post(scope, date(2026, 3, 2)) == 1
    batch = upload(scope, checking, "2026-03-03,OAKWOOD APARTMENTS REF 4711,-800.00")
    (row,) = staged(scope, batch)
    assert (row.state, row.choice) == ("conflict", "match")
    assert row.reason == "Settles: Rent, due Mar 1, 2026, which Recaller had posted."
    done = commit(scope, batch)
    assert (done.counts["imported"], done.counts["linked"], done.counts["settled"]) == (0, 1, 1)
    assert count(scope) == 1
    assert balance(scope, checking) == -80000
    (one,) = occurrences(scope, template)
    assert one.state == "paid"
    with work(scope) as w:
        assert one.transaction_id is not None
        line = next(x for x in get_transaction(w, one.transaction_id).lines if x.account_id == checking)
    assert line.cleared
    assert line.import_id is not None
    # The same file again adds nothing.
    again = upload(scope, checking, "2026-03-03,OAKWOOD APARTMENTS REF 4711,-800.00")
    assert again.importable == 0
    commit(scope, again)
    assert count(scope) == 1


def test_a_row_settles_what_is_expected(scope: Scope, checking: UUID) -> None:
    with work(scope) as w:
        housing = create_category(w, "Flat", "expense").id
    template = make(scope, checking, mode="confirm", parts=(Part(housing, -80000),))
    assert post(scope, date(2026, 3, 2)) == 0
    batch = upload(scope, checking, "2026-03-03,Oakwood Apartments,-800.00", "2026-03-04,Baker,-3.50")
    first, second = staged(scope, batch)
    assert (first.state, first.reason) == ("new", "Settles: Rent, due Mar 1, 2026.")
    assert second.reason is None
    done = commit(scope, batch)
    assert (done.counts["imported"], done.counts["settled"]) == (2, 1)
    (one,) = occurrences(scope, template)
    assert (one.state, one.posted_on, one.actual_amount) == ("paid", date(2026, 3, 3), -80000)
    with work(scope) as w:
        assert one.transaction_id is not None
        assert get_transaction(w, one.transaction_id).category_id == housing


def test_imported_before_the_posting_run_nothing_doubles(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking)
    batch = upload(scope, checking, "2026-02-27,OAKWOOD APARTMENTS,-800.00", day=date(2026, 2, 28))
    commit(scope, batch, date(2026, 2, 28))
    assert post(scope, date(2026, 3, 2)) == 0
    assert post(scope, date(2026, 4, 2)) == 1
    assert [one.state for one in occurrences(scope, template, date(2026, 4, 3))] == ["posted", "paid"]
    assert balance(scope, checking) == -160000


def test_posted_between_preview_and_commit_nothing_doubles(scope: Scope, checking: UUID) -> None:
    make(scope, checking)
    batch = upload(scope, checking, "2026-02-28,OAKWOOD APARTMENTS,-800.00", day=date(2026, 2, 28))
    assert staged(scope, batch)[0].state == "new"
    assert post(scope, date(2026, 3, 1)) == 1
    done = commit(scope, batch, date(2026, 3, 1))
    assert (done.counts["imported"], done.counts["linked"]) == (0, 1)
    assert balance(scope, checking) == -80000


def test_another_amount_within_tolerance_is_the_banks(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking, amount_kind="estimated", tolerance_percent=10)
    post(scope, date(2026, 3, 2))
    batch = upload(scope, checking, "2026-03-03,OAKWOOD APARTMENTS,-815.25")
    assert staged(scope, batch)[0].reason == (
        "Settles: Rent, due Mar 1, 2026, which Recaller had posted ($815.25 instead of $800.00)."
    )
    done = commit(scope, batch)
    assert (done.counts["imported"], done.counts["linked"]) == (0, 1)
    assert balance(scope, checking) == -81525
    (one,) = occurrences(scope, template)
    assert (one.state, one.actual_amount) == ("paid", -81525)
    with work(scope) as w:
        undo_import(w, batch.id)
    assert balance(scope, checking) == -80000
    (one,) = occurrences(scope, template)
    assert (one.state, one.actual_amount) == ("posted", -80000)


def test_a_new_price_of_the_same_payee_differs(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking)
    post(scope, date(2026, 3, 2))
    commit(scope, upload(scope, checking, "2026-03-02,OAKWOOD APARTMENTS,-840.00"))
    (one,) = occurrences(scope, template)
    assert (one.state, one.actual_amount) == ("differs", -84000)
    assert balance(scope, checking) == -84000


@pytest.mark.parametrize(
    "row",
    [
        "2026-03-03,OAKWOOD APARTMENTS,-300.00",  # far from the amount
        "2026-03-16,OAKWOOD APARTMENTS,-800.00",  # far from the date
        "2026-03-03,OAKWOOD APARTMENTS,800.00",  # the other direction
        "2026-03-05,Baker,-810.00",  # another payee at nearly the price
    ],
)
def test_what_is_something_else_stays_new(scope: Scope, checking: UUID, row: str) -> None:
    template = make(scope, checking)
    post(scope, date(2026, 3, 2))
    batch = upload(scope, checking, row)
    assert staged(scope, batch)[0].state == "new"
    assert commit(scope, batch).counts["imported"] == 1
    assert [one.state for one in occurrences(scope, template)] == ["posted"]


def test_of_two_rows_the_nearer_settles(scope: Scope, checking: UUID) -> None:
    make(scope, checking)
    post(scope, date(2026, 3, 2))
    batch = upload(
        scope, checking, "2026-03-06,OAKWOOD APARTMENTS,-800.00", "2026-03-02,OAKWOOD APARTMENTS,-800.00"
    )
    assert [row.choice for row in staged(scope, batch)] == [None, "match"]


def test_twins_settle_one_template_each(scope: Scope, checking: UUID) -> None:
    first = make(scope, checking, name="Sam's phone", amount=-1999, payee="Vodafone")
    second = make(scope, checking, name="Kim's phone", amount=-1999, payee="Vodafone")
    post(scope, date(2026, 3, 2))
    batch = upload(scope, checking, "2026-03-02,VODAFONE LTD 1,-19.99", "2026-03-02,VODAFONE LTD 2,-19.99")
    assert commit(scope, batch).counts["linked"] == 2
    assert balance(scope, checking) == -3998
    assert [occurrences(scope, one)[0].state for one in (first, second)] == ["paid", "paid"]


def test_the_members_choice_goes_first(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking)
    post(scope, date(2026, 3, 2))
    batch = upload(scope, checking, "2026-03-02,OAKWOOD APARTMENTS,-800.00")
    with work(scope) as w:
        choose_rows(w, batch.id, [1], "import")
    done = commit(scope, batch)
    assert (done.counts["imported"], done.counts["settled"]) == (1, 0)
    assert balance(scope, checking) == -160000
    assert occurrences(scope, template)[0].state == "posted"


def test_a_choice_taken_back_is_the_proposal_again(scope: Scope, checking: UUID) -> None:
    make(scope, checking)
    post(scope, date(2026, 3, 2))
    batch = upload(scope, checking, "2026-03-02,OAKWOOD APARTMENTS,-800.00")
    with work(scope) as w:
        choose_rows(w, batch.id, [1], "skip")
        choose_rows(w, batch.id, [1], None)
    assert staged(scope, batch)[0].choice == "match"


def test_undo_lets_the_bill_be_due_again(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking)
    batch = upload(scope, checking, "2026-02-28,OAKWOOD APARTMENTS,-800.00", day=date(2026, 2, 28))
    commit(scope, batch, date(2026, 2, 28))
    assert post(scope, date(2026, 3, 2)) == 0
    with at(scope, date(2026, 3, 3)) as w:
        undo_import(w, batch.id)
    assert balance(scope, checking) == 0
    assert post(scope, date(2026, 3, 3)) == 1
    assert post(scope, date(2026, 3, 3)) == 0
    (one,) = occurrences(scope, template)
    assert (one.state, one.posted_on) == ("posted", MARCH)
    assert balance(scope, checking) == -80000


def test_undo_lets_the_last_bill_of_all_be_due_again(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking, rule="FREQ=MONTHLY;COUNT=1")
    batch = upload(scope, checking, "2026-02-28,OAKWOOD APARTMENTS,-800.00", day=date(2026, 2, 28))
    commit(scope, batch, date(2026, 2, 28))
    assert post(scope, date(2026, 3, 2)) == 0
    with at(scope, date(2026, 3, 3)) as w:
        assert recurring.get_recurring(w, template.id).state == "ended"
        undo_import(w, batch.id)
    assert post(scope, date(2026, 3, 3)) == 1
    assert [one.posted_on for one in occurrences(scope, template)] == [MARCH]


def test_undo_frees_what_was_adopted(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking)
    post(scope, date(2026, 3, 2))
    batch = upload(scope, checking, "2026-03-02,OAKWOOD APARTMENTS,-800.00")
    commit(scope, batch)
    with work(scope) as w:
        undo_import(w, batch.id)
    (one,) = occurrences(scope, template)
    assert one.state == "posted"
    with work(scope) as w:
        assert one.transaction_id is not None
        line = next(x for x in get_transaction(w, one.transaction_id).lines if x.account_id == checking)
    assert (line.cleared, line.import_id) == (False, None)
    # And the file settles it once more.
    assert (
        commit(scope, upload(scope, checking, "2026-03-02,OAKWOOD APARTMENTS,-800.00")).counts["linked"] == 1
    )


def test_a_year_of_files_against_a_year_of_posting(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking, start=date(2026, 3, 1))
    post(scope, date(2026, 8, 2))
    rows = [f"2026-{month:02}-0{1 + month % 4},OAKWOOD APARTMENTS {month},-800.00" for month in range(3, 13)]
    done = commit(scope, upload(scope, checking, *rows, day=date(2026, 12, 20)), date(2026, 12, 20))
    assert (done.counts["imported"], done.counts["linked"], done.counts["settled"]) == (4, 6, 10)
    assert post(scope, date(2026, 12, 20)) == 0
    assert balance(scope, checking) == -800000
    assert {one.state for one in occurrences(scope, template, date(2026, 12, 21))} == {"paid"}


def test_other_households_and_private_spaces_settle_nothing(scope: Scope, checking: UUID) -> None:
    make(scope, checking)
    post(scope, date(2026, 3, 2))
    other = make_household("Other").scope
    with at(other, date(2026, 3, 3)) as w:
        create_starter_accounts(w)
        theirs = create_account(w, AccountDraft("Checking", "checking", "USD")).id
    batch = upload(other, theirs, "2026-03-02,OAKWOOD APARTMENTS,-800.00")
    assert staged(other, batch)[0].state == "new"
    assert commit(other, batch).counts["settled"] == 0
    with at(scope, date(2026, 3, 3)) as w:
        private = create_account(w, AccountDraft("Mine", "checking", "USD", private=True)).id
        record_transaction(w, EntryDraft(date(2026, 3, 3), private, -100))
    batch = upload(scope, private, "2026-03-02,OAKWOOD APARTMENTS,-800.00")
    assert staged(scope, batch)[0].state == "new"


def test_a_private_bill_is_settled_by_its_owner_only(scope: Scope) -> None:
    with at(scope, date(2026, 1, 1)) as w:
        private = create_account(w, AccountDraft("Mine", "checking", "USD", private=True)).id
    template = make(scope, private, mode="confirm")
    partner = replace(scope, space_ids=(scope.shared_space_id,), private_space_id=None)
    with at(partner, MARCH) as w:
        shared = create_account(w, AccountDraft("Joint", "checking", "USD")).id
    batch = upload(partner, shared, "2026-03-02,OAKWOOD APARTMENTS,-800.00")
    assert staged(partner, batch)[0].reason is None
    assert (
        commit(scope, upload(scope, private, "2026-03-02,OAKWOOD APARTMENTS,-800.00")).counts["settled"] == 1
    )
    assert occurrences(scope, template)[0].state == "paid"
