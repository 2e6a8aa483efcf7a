"""Transfers that came as two entries: found, merged, split again, dismissed; undone with either import."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from recaller.core.clock import utc_now
from recaller.core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.core.scope import Scope
from recaller.infra.work import Work, work
from recaller.jobs.entry import run_job
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.budgets import BudgetDraft, LineDraft, create_budget, monthly
from recaller.services.categories import list_categories
from recaller.services.imports import commit_import, edited_since, start_import, undo_import
from recaller.services.ledger_events import BUDGETS_CHECK_JOB
from recaller.services.rates import save_rate
from recaller.services.reports import balance_at
from recaller.services.starter import create_starter_accounts
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransferDraft,
    edit_transaction,
    get_transaction,
    record_transaction,
    tag_transactions,
)
from recaller.services.transfers import (
    dismiss_transfer,
    find_transfers,
    finding,
    merge_transfer,
    merge_transfers,
    restore_transfer_proposal,
    split_transfer,
)
from tests.support.households import Household, make_household

pytestmark = pytest.mark.usefixtures("nothing_drifts")

TODAY = utc_now().date()
TABLES = (
    "account_month", "payee", "tag", "transaction", "posting", "transaction_tag", "exchange_rate", "transfer_merge",
)  # fmt: skip


@pytest.fixture
def accounts(scope: Scope) -> tuple[UUID, UUID]:
    with work(scope) as w:
        return (
            create_account(w, AccountDraft("Checking", "checking", "USD")).id,
            create_account(w, AccountDraft("Savings", "savings", "USD")).id,
        )


def entry(w: Work, account: UUID, amount: int, days: int = 0, payee: str = "") -> UUID:
    return record_transaction(w, EntryDraft(TODAY - timedelta(days), account, amount, payee)).id


def ledger(w: Work) -> dict[str, list[str]]:
    return {table: sorted(map(repr, w.rows(f'SELECT * FROM "{table}"'))) for table in TABLES}


def csv(*rows: tuple[int, str, str]) -> bytes:
    lines = [f"{TODAY - timedelta(days)},{payee},{amount}" for days, payee, amount in rows]
    return "\n".join(["Date,Payee,Amount", *lines, ""]).encode()


def test_a_lone_pair_is_sure_and_an_amount_that_fits_twice_is_asked(
    scope: Scope, accounts: tuple[UUID, UUID]
) -> None:
    checking, savings = accounts
    with work(scope) as w:
        out, into = entry(w, checking, -50000, 2), entry(w, savings, 50000)
        entry(w, checking, -777)
        first, second = entry(w, savings, 777, 1), entry(w, savings, 777, 3)
        entry(w, checking, -999, 9), entry(w, savings, 999)  # too far apart
        pairs = find_transfers(w)
        assert [(p.out.transaction_id, p.into.transaction_id, p.days, p.sure) for p in pairs[:1]] == [
            (out, into, 2, True)
        ]
        assert {p.into.transaction_id for p in pairs[1:]} == {first, second}
        assert not any(p.sure for p in pairs[1:])


def test_exchangeable_twins_are_paired_in_order(scope: Scope, accounts: tuple[UUID, UUID]) -> None:
    with work(scope) as w:
        outs = [entry(w, accounts[0], -100) for _ in range(3)]
        ins = [entry(w, accounts[1], 100) for _ in range(3)]
        pairs = find_transfers(w)
        assert {(p.out.transaction_id, p.into.transaction_id) for p in pairs if p.sure} == set(
            zip(sorted(outs), sorted(ins), strict=True)
        )
        merged = merge_transfers(w, [(p.out.transaction_id, p.into.transaction_id) for p in pairs])
        assert [view.shape for view in merged] == ["transfer"] * 3
        assert find_transfers(w) == ()


def test_merging_keeps_balances_marks_and_identities_and_splitting_restores_all(
    scope: Scope, accounts: tuple[UUID, UUID]
) -> None:
    checking, savings = accounts
    with work(scope) as w:
        a = commit_import(
            w, start_import(w, "a.csv", csv((3, "To savings", "-500.00")), account_id=checking).id
        )
        b = commit_import(
            w, start_import(w, "b.csv", csv((2, "From checking", "500.00")), account_id=savings).id
        )
        (pair,) = find_transfers(w, batch_id=b.id)
        tag_transactions(w, [pair.into.transaction_id], ["saved"])
    with work(scope) as w:
        before = ledger(w)
        merged = merge_transfer(w, pair.into.transaction_id, pair.out.transaction_id)
        assert (merged.shape, merged.amount, merged.tags) == ("transfer", -50000, ("saved",))
        assert [line.cleared for line in merged.lines] == [True, True]
        assert all(line.import_id for line in merged.lines)
        assert balance_at(w, checking, TODAY).minor == -50000
        assert balance_at(w, savings, TODAY).minor == 50000
        for name, content, account in (
            ("a.csv", csv((3, "To savings", "-500.00")), checking),
            ("b.csv", csv((2, "From checking", "500.00")), savings),
        ):
            again = start_import(w, name, content, account_id=account)
            assert (again.importable, again.counts) == (0, again.counts | {"duplicate": 1})
        w.run("DELETE FROM import_batch WHERE status = 'ready'")
        split_transfer(w, merged.id)
        assert ledger(w) == before
    with work(scope) as w:
        merge_transfer(w, pair.out.transaction_id, pair.into.transaction_id)
        undo_import(w, b.id)
        assert get_transaction(w, pair.out.transaction_id).shape == "simple"
        assert balance_at(w, savings, TODAY).minor == 0
        undo_import(w, a.id)
        assert w.rows("SELECT 1 FROM transaction") == []


def test_an_edited_transfer_is_a_conflict_of_the_undo(scope: Scope, accounts: tuple[UUID, UUID]) -> None:
    checking, savings = accounts
    with work(scope) as w:
        a = commit_import(
            w, start_import(w, "a.csv", csv((0, "To savings", "-5.00")), account_id=checking).id
        )
        into = entry(w, savings, 500)
        (pair,) = find_transfers(w)
        merged = merge_transfer(w, pair.out.transaction_id, into)
        assert edited_since(w, a.id) == ()
        edit_transaction(
            w, merged.id, TransferDraft(TODAY, checking, savings, 500, note="mine"), version=merged.version
        )
        assert edited_since(w, a.id) == (merged.id,)
        kept = undo_import(w, a.id, keep_edited=True)
        assert (kept.removed, kept.kept) == (0, (merged.id,))
        assert get_transaction(w, merged.id).batch_id is None


def test_a_dismissed_pair_does_not_come_back(scope: Scope, accounts: tuple[UUID, UUID]) -> None:
    with work(scope) as w:
        out, into = entry(w, accounts[0], -100), entry(w, accounts[1], 100)
        dismiss_transfer(w, out, into)
        assert find_transfers(w) == ()
        restore_transfer_proposal(w, out, into)
        assert len(find_transfers(w)) == 1
        with pytest.raises(NotFound):
            dismiss_transfer(w, out, new_id())


def test_entries_of_two_currencies_become_a_conversion(scope: Scope, accounts: tuple[UUID, UUID]) -> None:
    with work(scope) as w:
        euros = create_account(w, AccountDraft("Euros", "savings", "EUR")).id
        out, into = entry(w, accounts[0], -11000), entry(w, euros, 10000)
        merged = merge_transfer(w, out, into)
        assert merged.shape == "conversion"
        before = w.rows("SELECT base, quote, base_minor, quote_minor FROM exchange_rate")
        assert [tuple(row) for row in before] == [("USD", "EUR", 11000, 10000)]
        assert len(split_transfer(w, merged.id)) == 2
        assert w.rows("SELECT 1 FROM exchange_rate") == []


def euros(w: Work) -> UUID:
    return create_account(w, AccountDraft("Euros", "checking", "EUR")).id


def test_two_currencies_are_proposed_at_a_near_rate_and_never_sure(
    scope: Scope, accounts: tuple[UUID, UUID]
) -> None:
    with work(scope) as w:
        giro = euros(w)
        out, into = entry(w, accounts[0], -10_000, 3), entry(w, giro, 9_250, 2)
        far = entry(w, giro, 8_900, 2)
        assert find_transfers(w) == (), "without a rate nobody can tell"
        save_rate(w, "EUR", "USD", TODAY - timedelta(20), "1.08")
        assert find_transfers(w) == (), "a rate of weeks ago tells nothing"
        save_rate(w, "EUR", "USD", TODAY - timedelta(1), "1.08")
        (pair,) = find_transfers(w)
        assert (pair.out.transaction_id, pair.into.transaction_id) == (out, into)
        assert (pair.sure, pair.days, pair.expected) == (False, 1, 9_259)
        assert far not in (pair.out.transaction_id, pair.into.transaction_id)
        dismiss_transfer(w, out, into)
        assert find_transfers(w) == ()
        restore_transfer_proposal(w, out, into)
        merged = merge_transfer(w, out, into)
        assert merged.shape == "conversion"
        assert find_transfers(w) == ()


def test_two_currencies_by_way_of_the_euro_of_an_import_only(
    scope: Scope, accounts: tuple[UUID, UUID]
) -> None:
    with work(scope) as w:
        pounds = create_account(w, AccountDraft("Pounds", "checking", "GBP")).id
        save_rate(w, "EUR", "USD", TODAY, "1.10")
        save_rate(w, "EUR", "GBP", TODAY, "0.88")
        entry(w, accounts[0], -5_000, 1)
        batch = start_import(w, "p.csv", csv((0, "Top up", "40.50")), account_id=pounds)
        commit_import(w, batch.id)
        (pair,) = find_transfers(w, batch_id=batch.id)
        assert (pair.expected, pair.into.amount, pair.sure) == (4_000, 4_050, False)
        other = start_import(w, "q.csv", csv((0, "Elsewhere", "1.00")), account_id=pounds)
        commit_import(w, other.id)
        assert find_transfers(w, batch_id=other.id) == ()


def test_a_category_or_a_sure_pair_speaks_against_two_currencies(
    scope: Scope, accounts: tuple[UUID, UUID]
) -> None:
    with work(scope) as w:
        save_rate(w, "EUR", "USD", TODAY, "1.00")
        giro = euros(w)
        groceries = next(one.id for one in list_categories(w) if one.name == "Groceries")
        record_transaction(w, EntryDraft(TODAY, accounts[0], -700, "Shop", (Part(groceries, -700),)))
        entry(w, giro, 700)
        assert find_transfers(w) == ()
        entry(w, accounts[0], -900)
        entry(w, accounts[1], 900)
        entry(w, giro, 900)
        assert [(pair.sure, pair.expected) for pair in find_transfers(w)] == [(True, None)]


def test_what_was_cut_off_makes_nothing_look_sure(
    scope: Scope, accounts: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with work(scope) as w:
        entry(w, accounts[0], -500, 3)
        entry(w, accounts[0], -500, 1)
        entry(w, accounts[1], 500, 2)
        entry(w, accounts[0], -900, 300)
        entry(w, accounts[1], 900, 300)
        assert [pair.sure for pair in find_transfers(w)] == [True, False, False]
        monkeypatch.setattr(finding, "MAX_CANDIDATES", 1)
        assert [pair.sure for pair in find_transfers(w)] == [False]
        monkeypatch.setattr(finding, "MAX_CANDIDATES", 2)
        assert [pair.sure for pair in find_transfers(w)] == [False, False]


def test_an_end_that_also_fits_an_entry_of_no_import_is_not_sure(
    scope: Scope, accounts: tuple[UUID, UUID]
) -> None:
    with work(scope) as w:
        entry(w, accounts[1], 500, 6)
        entry(w, accounts[0], -500, 3)
        batch = start_import(w, "p.csv", csv((1, "Top up", "5.00")), account_id=accounts[1])
        commit_import(w, batch.id)
        (pair,) = find_transfers(w, batch_id=batch.id)
        assert (pair.into.payee, pair.sure) == ("Top up", False)


def test_what_can_be_no_transfer_is_refused(scope: Scope, accounts: tuple[UUID, UUID]) -> None:
    checking, savings = accounts
    with work(scope) as w:
        out, same, wrong = entry(w, checking, -100), entry(w, checking, 100), entry(w, savings, 99)
        moved = record_transaction(w, TransferDraft(TODAY, checking, savings, 100)).id
        both_out = entry(w, savings, -100)
        for other, message in (
            (same, "two different accounts"),
            (wrong, "same amount"),
            (moved, "one category"),
            (both_out, "other receive"),
            (out, "two ends"),
        ):
            with pytest.raises(ValidationFailed, match=message):
                merge_transfer(w, out, other)
        with pytest.raises(ValidationFailed, match="one transfer only"):
            merge_transfers(w, [(out, same), (out, wrong)])
        with pytest.raises(NotFound):
            split_transfer(w, out)


def test_reconciled_days_hold(scope: Scope, accounts: tuple[UUID, UUID]) -> None:
    with work(scope) as w:
        out, into = entry(w, accounts[0], -100, 2), entry(w, accounts[1], 100)
        w.run("UPDATE posting SET reconciled = true WHERE transaction_id = :id AND line = 0", id=into)
        assert merge_transfer(w, out, into).date == TODAY
        split_transfer(w, out)
        w.run("UPDATE posting SET reconciled = true WHERE transaction_id = :id AND line = 0", id=out)
        with pytest.raises(Conflict, match="different days"):
            merge_transfer(w, out, into)


def test_a_private_end_stays_private(scope: Scope, accounts: tuple[UUID, UUID]) -> None:
    with work(scope) as w:
        own = create_account(w, AccountDraft("Mine", "savings", "USD", private=True)).id
        into = record_transaction(w, EntryDraft(TODAY, own, 100, "Secret", note="a secret")).id
        out = entry(w, accounts[0], -100)
        merged = merge_transfer(w, out, into)
        assert (merged.payee, merged.note, merged.private) == ("", "", False)
    other = replace(scope, user_id=None, private_space_id=None, space_ids=(scope.shared_space_id,))
    with work(other) as w:
        assert w.rows("SELECT 1 FROM transfer_merge") == []
        seen = get_transaction(w, merged.id)
        assert "ecret" not in repr(seen)
        with pytest.raises(NotFound):
            split_transfer(w, merged.id)
        with pytest.raises((Forbidden, ValidationFailed)):
            merge_transfer(w, merged.id, entry(w, accounts[1], 100))
    with work(scope) as w:
        assert {view.payee for view in split_transfer(w, merged.id)} == {"", "Secret"}


def test_another_households_entries_are_out_of_reach(scope: Scope, accounts: tuple[UUID, UUID]) -> None:
    with work(scope) as w:
        out, into = entry(w, accounts[0], -100), entry(w, accounts[1], 100)
    stranger = make_household("Stranger")
    with work(stranger.scope) as w:
        create_starter_accounts(w)
        assert find_transfers(w) == ()
        for attempt in (merge_transfer, dismiss_transfer):
            with pytest.raises(NotFound):
                attempt(w, out, into)


def test_budgets_are_checked_after_a_merge_and_after_a_split(
    household: Household, scope: Scope, accounts: tuple[UUID, UUID]
) -> None:
    checking, savings = accounts
    with work(scope) as w:
        groceries = next(one for one in list_categories(w) if one.name == "Groceries")
        part = Part(groceries.id, -20_000)
        paid = record_transaction(w, EntryDraft(w.today, checking, -20_000, "", (part,))).id
        came = entry(w, savings, 20_000)

    def checks() -> int:
        """Run what waits, as a worker would."""
        with work(scope) as w:
            waiting = w.rows(
                "SELECT id FROM job WHERE kind = :kind AND status = 'queued'", kind=BUDGETS_CHECK_JOB
            )
        assert all(run_job(str(scope.tenant_id), str(row.id)) == "done" for row in waiting)
        return len(waiting)

    def alerts() -> int:
        with work(scope) as w:
            return len(w.rows("SELECT 1 FROM notification WHERE kind = 'budget.alert'"))

    with work(scope) as w:
        merged = merge_transfer(w, paid, came)
    checks()
    with work(scope) as w:
        create_budget(w, BudgetDraft("Home", "limit", monthly(), lines=(LineDraft(groceries.id, 10_000),)))
    assert (checks(), alerts()) == (1, 0)
    with work(scope) as w:
        split_transfer(w, merged.id)
    assert (checks(), alerts()) == (1, 1)
    with work(scope) as w:
        merge_transfer(w, paid, came)
    assert checks() == 1
