"""Exports of other applications, QIF splits and transfers, and workbooks, through the services to the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from recaller.core.errors import NotFound, ValidationFailed
from recaller.core.scope import Scope
from recaller.infra.work import Work, work
from recaller.services.accounts import AccountDraft, create_account, list_accounts
from recaller.services.imports import (
    change_import,
    choose_rows,
    commit_import,
    list_import_rows,
    make_accounts,
    start_import,
    undo_import,
)
from recaller.services.reports import account_balances
from recaller.services.starter import create_starter_accounts
from recaller.services.transactions import EntryDraft, record_transaction
from recaller.services.transfers import find_transfers
from recaller.services.verify import verify_all
from tests.support.households import Household, make_household
from tests.unit.statements.workbooks import xls, xlsx

APPS = Path(__file__).resolve().parents[1] / "fixtures" / "statements" / "apps"
LEDGER = (
    "account",
    "account_month",
    "payee",
    "tag",
    "transaction",
    "posting",
    "transaction_tag",
    "exchange_rate",
)
# file: (application, transactions by shape, balances by account in minor units)
EXPORTS: dict[str, tuple[str, dict[str, int], dict[str, int]]] = {
    "ynab_register.csv": (
        "ynab",
        {"opening": 1, "simple": 2, "journal": 1, "transfer": 1},
        {"Everyday": 150000 - 350 - 7525 - 20000 + 200000, "Cash Box": 2000, "Rainy Day": 20000},
    ),
    "actual_all_accounts.csv": (
        "actual",
        {"opening": 1, "simple": 1, "split": 1, "transfer": 1},
        {"Bank": 100000 - 1240 - 9010 - 30000, "Savings": 30000},
    ),
    "mint_transactions.csv": (
        "mint",
        {"simple": 2, "transfer": 1},
        {"Blue Checking": 210000 - 25000, "Red Card": 25000 - 3540},
    ),
    "monarch_transactions.csv": (
        "monarch",
        {"simple": 2, "transfer": 1},
        {"Joint Card": -4120, "Joint Checking": 300000 - 50000, "Joint Savings": 50000},
    ),
    "firefly_transactions.csv": (
        "firefly",
        {"opening": 1, "simple": 1, "split": 1, "transfer": 1, "conversion": 1},
        {"Giro": 40000 - 25000 + 180000 - 3000 - 10000, "Tagesgeld": 25000, "Dollar Account": 11000},
    ),
}


@pytest.fixture
def scope(household: Household) -> Iterator[Scope]:
    with work(household.scope) as w:
        create_starter_accounts(w)
    yield household.scope
    assert verify_all() == []


def ledger(w: Work) -> dict[str, list[str]]:
    # The accounts that the ledger keeps for itself come when first needed and stay.
    only = {"account": " WHERE system IS NULL"}
    return {t: sorted(map(repr, w.rows(f'SELECT * FROM "{t}"{only.get(t, "")}'))) for t in LEDGER}


def shapes(w: Work, batch: UUID) -> dict[str, int]:
    rows = w.rows(
        "SELECT shape, count(*) AS n FROM transaction WHERE batch_id = :id GROUP BY shape", id=batch
    )
    return {row.shape: row.n for row in rows}


def balances(w: Work) -> dict[str, int]:
    names = {one.id: one.name for one in list_accounts(w)}
    return {names[one.account_id]: one.minor for one in account_balances(w)}


@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_an_export_is_taken_over_with_its_accounts_splits_and_transfers(scope: Scope, name: str) -> None:
    app, expected_shapes, expected = EXPORTS[name]
    content = (APPS / name).read_bytes()
    with work(scope) as w:
        if app == "firefly":
            create_account(w, AccountDraft("Dollar Account", "savings", "USD"))
        batch = start_import(w, name, content)
        assert (batch.error, batch.options["app"]) == (None, app)
        with pytest.raises(ValidationFailed):
            commit_import(w, batch.id)
        batch = make_accounts(w, batch.id)
        assert all(one["account_id"] for one in batch.statements)
        before = ledger(w)
        done = commit_import(w, batch.id)
        assert shapes(w, done.id) == expected_shapes
        assert done.counts["imported"] == sum(expected_shapes.values())
        assert balances(w) == expected
    with work(scope) as w:
        again = start_import(w, "again.csv", content)
        assert again.importable == 0
        assert commit_import(w, again.id).counts["imported"] == 0
        undo_import(w, again.id)
        undo_import(w, done.id)
        assert ledger(w) == before


def test_ynab_categories_groups_flags_and_splits_arrive(scope: Scope) -> None:
    with work(scope) as w:
        batch = make_accounts(w, start_import(w, "r.csv", (APPS / "ynab_register.csv").read_bytes()).id)
        done = commit_import(w, batch.id)
        lines = w.rows(
            "SELECT a.name, g.name AS grouped, p.amount, p.memo, p.import_id IS NOT NULL AS known FROM posting p"
            " JOIN account a ON a.id = p.account_id LEFT JOIN account g ON g.id = a.parent_id"
            " JOIN transaction t ON t.id = p.transaction_id WHERE t.batch_id = :id AND t.shape = 'journal'"
            " ORDER BY p.line",
            id=done.id,
        )
        assert [tuple(line) for line in lines] == [
            ("Everyday", None, -7525, "", True),
            ("Groceries", "Food", 4000, "food", False),
            ("Games", "Fun", 1525, "", False),
            ("Cash Box", None, 2000, "cash back", True),
        ]
        assert [row.name for row in w.rows("SELECT name FROM tag")] == ["Red"]


def test_without_asking_for_them_unknown_categories_are_not_made(scope: Scope) -> None:
    with work(scope) as w:
        batch = make_accounts(w, start_import(w, "r.csv", (APPS / "ynab_register.csv").read_bytes()).id)
        batch = change_import(w, batch.id, make_categories=False)
        assert batch.options["app"] == "ynab"
        done = commit_import(w, batch.id)
        assert "categories_made" not in done.counts
        assert w.rows("SELECT 1 FROM account WHERE name = 'Games'") == []


def test_columns_that_are_chosen_by_hand_are_read_like_that(scope: Scope) -> None:
    with work(scope) as w:
        batch = start_import(w, "m.csv", (APPS / "monarch_transactions.csv").read_bytes())
        batch = change_import(w, batch.id, mapping=dict(batch.mapping or {}))
        assert "app" not in batch.options


QIF = (
    b"!Account\nNChecking\nTBank\n^\n!Type:Bank\nD2026-01-05\nT-75.00\nPMarket\nSFood:Greens\n$-50.00\nEveg\n"
    b"S[Cash]\n$-25.00\n^\nD2026-01-09\nT-200.00\nPTo savings\nL[Savings]\n^\n"
)


def test_qif_splits_and_transfers_are_real_ones(scope: Scope) -> None:
    with work(scope) as w:
        for name in ("Checking", "Savings", "Cash"):
            create_account(w, AccountDraft(name, "checking", "EUR"))
        batch = start_import(w, "a.qif", QIF)
        batch = change_import(w, batch.id, make_categories=True)
        done = commit_import(w, batch.id)
        assert shapes(w, done.id) == {"journal": 1, "transfer": 1}
        assert balances(w) == {"Checking": -27500, "Savings": 20000, "Cash": 2500}
        assert w.rows("SELECT 1 FROM account WHERE name = 'Greens'")
        # The other account's file brings the same transfer: it is linked, not doubled.
        other = b"!Account\nNSavings\nTBank\n^\n!Type:Bank\nD2026-01-10\nT200.00\nL[Checking]\n^\n"
        linked = start_import(w, "b.qif", other)
        (row,) = list_import_rows(w, linked.id).items
        assert (row.state, row.choice, linked.importable) == ("conflict", "match", 0)
        done = commit_import(w, linked.id)
        assert (done.counts["imported"], done.counts["linked"]) == (0, 1)
        assert start_import(w, "c.qif", other).counts["duplicate"] == 1
        undo_import(w, done.id)
        assert balances(w) == {"Checking": -27500, "Savings": 20000, "Cash": 2500}


def test_a_named_transfer_whose_other_end_is_there_already_is_proposed_not_doubled(scope: Scope) -> None:
    with work(scope) as w:
        create_account(w, AccountDraft("Checking", "checking", "EUR"))
        savings = create_account(w, AccountDraft("Savings", "savings", "EUR")).id
        record_transaction(w, EntryDraft(date(2026, 1, 10), savings, 20000))
        done = commit_import(w, start_import(w, "a.qif", QIF).id)
        assert balances(w)["Savings"] == 20000
        (pair,) = find_transfers(w, batch_id=done.id)
        assert pair.into.account_id == savings


def test_a_skipped_end_leaves_the_other_an_entry_of_its_own(scope: Scope) -> None:
    with work(scope) as w:
        batch = make_accounts(
            w, start_import(w, "m.csv", (APPS / "monarch_transactions.csv").read_bytes()).id
        )
        choose_rows(w, batch.id, [3], "skip")
        done = commit_import(w, batch.id)
        assert shapes(w, done.id) == {"simple": 3}
        assert balances(w)["Joint Savings"] == 0


TABLE: list[list[Any]] = [
    ["Date", "Payee", "Amount"],
    [date(2026, 1, 2), "Baker", -3.5],
    [date(2026, 1, 5), "Employer", 1200.1],
]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_workbook_is_imported_once_and_known_again_as_csv(scope: Scope, kind: str) -> None:
    content = xlsx({"Notes": [["hello"]], "Data": TABLE}) if kind == "xlsx" else xls(TABLE, "Data")
    with work(scope) as w:
        account = create_account(w, AccountDraft("Checking", "checking", "EUR")).id
        before = ledger(w)
        batch = start_import(w, f"a.{kind}", content, account_id=account)
        assert (batch.error, batch.format, batch.options["sheet"]) == (None, kind, "Data")
        done = commit_import(w, batch.id)
        assert balances(w) == {"Checking": 119660}
        assert start_import(w, f"b.{kind}", content, account_id=account).counts["duplicate"] == 2
        lines = "".join(f"{day},{name},{amount}\n" for day, name, amount in TABLE[1:])
        csv = start_import(w, "a.csv", ("Date,Payee,Amount\n" + lines).encode(), account_id=account)
        assert (csv.importable, csv.counts["duplicate"]) == (0, 2)
        undo_import(w, done.id)
        w.run("DELETE FROM import_batch WHERE status = 'ready'")
        assert ledger(w) == before


def test_another_sheet_can_be_picked(scope: Scope) -> None:
    content = xlsx({"January": TABLE, "February": [*TABLE, [date(2026, 2, 3), "Kiosk", -1]]})
    with work(scope) as w:
        account = create_account(w, AccountDraft("Checking", "checking", "EUR")).id
        batch = start_import(w, "a.xlsx", content, account_id=account)
        assert (batch.options["sheet"], batch.importable) == ("February", 3)
        batch = change_import(w, batch.id, sheet="January")
        assert (batch.options["sheet"], batch.importable) == ("January", 2)
        other = start_import(w, "a.csv", b"Date,Amount\n2026-01-01,5\n", account_id=account)
        with pytest.raises(ValidationFailed):
            change_import(w, other.id, sheet="x")


def test_the_details_of_a_batch_entry_stay_with_the_booking(scope: Scope, shared_data: Path) -> None:
    with work(scope) as w:
        view = start_import(w, "b.xml", (shared_data / "camt/oca_camt053_v2.xml").read_bytes())
        found = [row for row in list_import_rows(w, view.id).items if row.parts]
        assert found
        assert all(sum(part.amount for part in row.parts) == row.amount for row in found)


def test_accounts_are_made_in_ones_own_household_only(scope: Scope) -> None:
    with work(scope) as w:
        batch = start_import(w, "m.csv", (APPS / "monarch_transactions.csv").read_bytes())
    stranger = make_household("Stranger")
    with work(stranger.scope) as w, pytest.raises(NotFound):
        make_accounts(w, batch.id)
