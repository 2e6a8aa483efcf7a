"""QIF, MT940 and CAMT.053 through the services: the expected rows per account, twice adds nothing, undo restores."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from recaller.core.money import to_decimal
from recaller.core.scope import Scope
from recaller.infra.work import Work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.imports import (
    ImportView,
    change_import,
    commit_import,
    list_import_rows,
    start_import,
    undo_import,
)
from recaller.services.starter import create_starter_accounts
from recaller.services.verify import verify_all
from tests.support.households import Household

# file: {hint of the account: (rows, total, closing balance)}, and differences that must be warned of
FILES = {
    "qif/quiffen_mixed.qif": ({"TestExport": (6, "-35.50", None)}, []),
    "qif/targobank_de.qif": ({"": (10, "-611.23", None)}, []),
    "qif/us_two_digit_year.qif": ({"": (5, "-1896.09", None)}, []),
    "mt940/abnamro_nl.sta": ({"517852257": (10, "-345.93", "1849.75")}, ["2038.00 EUR", "1002.60 EUR"]),
    "mt940/three_currencies.sta": (
        {
            "45050050/76198810": (11, "87.30", "84437.04"),
            "10020030/1234567": (2, "2200.00", "4387.95"),
            "BPHKPLPK/320000546101": (3, "10040.00", "50040.00"),
        },
        [],
    ),
    "mt940/mbank_pl.sta": ({"PL29114010810000267002001002": (3, "0.03", "0.43")}, []),
    "mt940/sberbank_hu.sta": ({"1966315302010001": (3, "-9437.00", "617874.30")}, []),
    "mt940/february_30.sta": ({"12345678/1020304050": (1, "-6.00", "1194.00")}, []),
    "camt/oca_camt053_v2.xml": ({"NL77ABNA0574908765": (3, "-12.99", "15121.12")}, ["434.16 EUR"]),
    "camt/oca_camt053.zip": ({"NL77ABNA0574908765": (6, "114.02", "15121.12")}, ["504.16 EUR", "504.16 EUR"]),
    "camt/two_statements.xml": ({"NL26VAYB8060476890": (2, "1.85", "20.00")}, []),
    "camt/multicurrency.xml": (
        {"DE89370400440532013000": (2, "750.25", "10750.25"), "US-ACCT-0099": (1, "-99.99", "2400.01")},
        [],
    ),
}
LEDGER_TABLES = ("account_month", "payee", "tag", "transaction", "posting", "transaction_tag")


@pytest.fixture
def scope(household: Household) -> Iterator[Scope]:
    with work(household.scope) as w:
        create_starter_accounts(w)
    yield household.scope
    assert verify_all() == []


def ledger(w: Work) -> dict[str, list[str]]:
    return {table: sorted(map(repr, w.rows(f'SELECT * FROM "{table}"'))) for table in LEDGER_TABLES}


def with_accounts(w: Work, batch: ImportView) -> tuple[ImportView, dict[str, UUID]]:
    """Give each account of the file one of its own, in its currency."""
    made = {
        one["hint"]: create_account(
            w, AccountDraft(f"Account {number}", "checking", one.get("currency") or "EUR")
        ).id
        for number, one in enumerate(batch.statements)
    }
    if list(made) == [""]:
        return change_import(w, batch.id, account_id=made[""]), made
    return change_import(w, batch.id, accounts=made), made


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_file_goes_in_once_and_out_again(scope: Scope, shared_data: Path, name: str) -> None:
    accounts, differences = FILES[name]
    content = (shared_data / name).read_bytes()
    with work(scope) as w:
        batch = start_import(w, Path(name).name, content)
        assert (batch.error, batch.format) == (None, name.partition("/")[0])
        batch, made = with_accounts(w, batch)
        assert set(made) == set(accounts)
        told = [one["message"] for one in batch.warnings if one["code"] == "does_not_reconcile"]
        assert len(told) == len(differences)
        assert all(f"by {one}:" in message for one, message in zip(differences, told, strict=True))
        before = ledger(w)
        done = commit_import(w, batch.id)
        assert done.counts["imported"] == sum(rows for rows, _, _ in accounts.values())
        for one in done.statements:
            rows, total, closing = accounts[one["hint"]]
            posted = w.row(
                "SELECT count(*) AS n, sum(amount) AS total, min(currency) AS currency FROM posting"
                " WHERE account_id = :id",
                id=made[one["hint"]],
            )
            assert posted is not None
            assert (posted.n, to_decimal(int(posted.total), posted.currency)) == (rows, Decimal(total))
            if closing is not None:
                assert to_decimal(one["closing_balance"], posted.currency) == Decimal(closing)
    with work(scope) as w:
        again = start_import(w, "again " + Path(name).name, content)
        if list(made) == [""]:
            again = change_import(w, again.id, account_id=made[""])
        elif any(one["account_id"] is None for one in again.statements):
            again = change_import(w, again.id, accounts=made)
        assert commit_import(w, again.id).counts["imported"] == 0
        undo_import(w, again.id)
        undo_import(w, done.id)
        assert ledger(w) == before


def test_accounts_are_found_again_by_their_number_and_currency(scope: Scope) -> None:
    fixture = Path(__file__).resolve().parents[1] / "fixtures" / "statements" / "german_structured.sta"
    with work(scope) as w:
        batch, made = with_accounts(w, start_import(w, "a.sta", fixture.read_bytes()))
        assert set(made) == {"10020030/1234567", "10020030/1234567 USD"}
        commit_import(w, batch.id)
        again = start_import(w, "b.sta", fixture.read_bytes())
        assert {one["hint"]: one["account_id"] for one in again.statements} == {
            hint: str(account) for hint, account in made.items()
        }
        assert again.counts["duplicate"] == 5


def test_amounts_of_a_file_without_a_currency_are_the_accounts(scope: Scope) -> None:
    content = b"!Type:Bank\nD2024-01-31\nT-1500\nPShop\n^\n"
    with work(scope) as w:
        yen = create_account(w, AccountDraft("Yen", "checking", "JPY")).id
        batch = start_import(w, "a.qif", content, account_id=yen)
        assert batch.counts["total"] == {"JPY": -1500}


def test_what_the_reader_noted_is_shown_with_the_row(scope: Scope, shared_data: Path) -> None:
    with work(scope) as w:
        batch = start_import(w, "feb.sta", (shared_data / "mt940/february_30.sta").read_bytes())
        (row,) = list_import_rows(w, batch.id).items
        assert "160230 is no date" in (row.reason or "")
        batch = start_import(w, "mixed.qif", (shared_data / "qif/quiffen_mixed.qif").read_bytes())
        assert batch.counts["skipped"] == 1
        assert "investment" in (list_import_rows(w, batch.id, state="skipped").items[0].reason or "")


def test_a_row_that_cannot_be_read_rejects_the_file_and_names_the_line(scope: Scope) -> None:
    with work(scope) as w:
        batch = start_import(w, "bad.qif", b"!Type:Bank\nD2024-01-31\nT1.00\n^\nD2024-02-01\nTmoney\n^\n")
        assert (batch.status, batch.error) == ("failed", "bad.qif, row 5: 'money' is not an amount.")
        assert w.rows("SELECT 1 FROM import_row") == []
