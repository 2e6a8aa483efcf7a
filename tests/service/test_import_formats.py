"""QIF, MT940 and CAMT.053 through the services: the expected rows per account, twice adds nothing, undo restores."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from recaller.core.errors import ValidationFailed
from recaller.core.money import to_decimal
from recaller.core.scope import Scope
from recaller.infra.work import Work, work
from recaller.services.accounts import AccountDraft, create_account, get_account
from recaller.services.imports import (
    ImportView,
    change_import,
    check_balances,
    choose_rows,
    commit_import,
    list_import_rows,
    make_accounts,
    start_import,
    undo_import,
)
from recaller.services.starter import create_starter_accounts
from recaller.services.transactions import delete_transaction, get_transaction, restore_transaction
from recaller.services.verify import verify_all
from tests.support.households import Household

# file: {hint of the account: (rows, total, closing balance)}, and differences that must be warned of
FILES = {
    "qif/quiffen_mixed.qif": ({"TestExport": (6, "-35.50", None)}, []),
    "qif/targobank_de.qif": ({"": (10, "-611.23", None)}, []),
    "qif/us_two_digit_year.qif": ({"": (5, "-1896.09", None)}, []),
    "mt940/abnamro_nl.sta": ({"517852257": (10, "-345.93", "1849.75")}, ["2,038.00 EUR", "1,002.60 EUR"]),
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


def test_several_statements_of_one_account_follow_each_other_or_it_is_said(scope: Scope) -> None:
    page = (
        ":20:X\r\n:25:20041010/123456789\r\n:28C:{month}/1\r\n:60F:C26{month}01EUR{opening}\r\n"
        ":61:26{month}05{month}05C10,00NMSCNONREF\r\n:86:Salary\r\n:62F:C26{month}28EUR{closing}\r\n-\r\n"
    )
    months = [("01", "0,00", "10,00"), ("02", "10,00", "20,00"), ("03", "20,02", "30,02")]
    newest_first = [page.format(month=m, opening=o, closing=c) for m, o, c in reversed(months)]
    with work(scope) as w:
        account = create_account(w, AccountDraft("Giro", "checking", "EUR")).id
        batch = start_import(w, "q.sta", "".join(newest_first).encode(), account_id=account)
        (told,) = batch.statements
        assert (told["opening_balance"], told["closing_balance"], told["closing_date"]) == (
            0,
            3002,
            "2026-03-28",
        )
        assert [one["code"] for one in batch.warnings] == ["statements_apart"]
        assert "does not reconcile by 0.02 EUR between statement 2 and 3" in batch.warnings[0]["message"]
        commit_import(w, batch.id)
        (check,) = check_balances(w, batch.id)
        assert (check.stated, check.ledger, check.on.isoformat()) == (3002, 3000, "2026-03-28")
        off = page.format(month="05", opening="0,00", closing="9,99")
        wrong = start_import(w, "r.sta", (newest_first[0] + off).encode(), account_id=account)
        messages = [one["message"] for one in wrong.warnings]
        assert messages[0].startswith(
            "Statement 2: The file does not reconcile by 0.01 EUR: the opening balance of 0.00"
        )
        assert "between statement 1 and 2" in messages[1]


TWO_CURRENCIES = (
    "Date,Payee,Amount,Currency\n2026-01-0{day},Baker,-3.50,EUR\n2026-01-0{day},Diner,-20.00,USD\n"
    "2026-01-0{day},Rent,-700.00,EUR\n"
)


def test_rows_in_another_currency_get_an_account_of_their_own_and_find_it_again(scope: Scope) -> None:
    with work(scope) as w:
        giro = create_account(w, AccountDraft("Giro", "checking", "EUR")).id
        other = create_account(w, AccountDraft("Other", "savings", "EUR")).id
        batch = start_import(w, "p.csv", TWO_CURRENCIES.format(day=1).encode(), account_id=giro)
        assert (batch.counts["new"], batch.counts["conflict"], batch.counts["total"]) == (
            2,
            1,
            {"EUR": -70350},
        )
        (row,) = list_import_rows(w, batch.id, state="conflict").items
        assert row.reason == (
            "The row is in USD, the account Giro in EUR: give the file's USD rows an account of their own."
        )
        with pytest.raises(ValidationFailed, match="is in USD, its account in EUR"):
            choose_rows(w, batch.id, [row.row_number], "import")
        main, beside = batch.statements
        assert (main["hint"], main["booked_total"]) == ("", {"EUR": -70350})
        assert (beside["hint"], beside["beside"], beside["booked_total"]) == (
            "USD",
            str(giro),
            {"USD": -2000},
        )
        with pytest.raises(ValidationFailed, match="Other is in EUR, these rows are in USD"):
            change_import(w, batch.id, accounts={"USD": other})
        batch = make_accounts(w, batch.id)
        assert (batch.counts["new"], batch.counts.get("conflict", 0)) == (3, 0)
        made = get_account(w, UUID(batch.statements[1]["account_id"]))
        assert (made.name, made.currency, made.subtype) == ("Giro USD", "USD", "checking")
        assert commit_import(w, batch.id).counts["imported"] == 3
        following = start_import(w, "q.csv", TWO_CURRENCIES.format(day=2).encode())
        assert [one["account_id"] for one in following.statements] == [str(giro), str(made.id)]
        assert following.counts["new"] == 3
        again = start_import(w, "p.csv", TWO_CURRENCIES.format(day=1).encode(), account_id=giro)
        assert again.counts["duplicate"] == 3


def test_left_without_an_account_such_rows_are_left_out(scope: Scope) -> None:
    with work(scope) as w:
        giro = create_account(w, AccountDraft("Giro", "checking", "EUR")).id
        batch = start_import(w, "p.csv", TWO_CURRENCIES.format(day=1).encode(), account_id=giro)
        assert commit_import(w, batch.id).counts["imported"] == 2


@pytest.mark.parametrize(
    "content",
    [
        b"Date;Payee;Amount;Currency;Original amount;Original currency\n02.01.2026;Diner;-18,40;EUR;20,00;USD\n"
        b"03.01.2026;Baker;-3,50;EUR;;\n",
        b"Date;Payee;Amount;Currency;Original amount;Original currency\n02.01.2026;Diner;-20,00;USD;18,40;EUR\n"
        b"03.01.2026;Baker;-3,50;EUR;;\n",
        b"<OFX><CCSTMTRS><CURDEF>EUR<BANKTRANLIST><STMTTRN><DTPOSTED>20260102<TRNAMT>-18.40<FITID>1<NAME>Diner"
        b"<ORIGCURRENCY><CURRATE>0.92<CURSYM>USD</ORIGCURRENCY></STMTTRN></BANKTRANLIST></CCSTMTRS></OFX>",
        b"\r\n:20:X\r\n:25:1234/567\r\n:60F:C260101EUR100,00\r\n:61:2601020102D18,40NMSCNONREF\r\n"
        b"/OCMT/USD20,00/\r\n:86:Diner\r\n:62F:C260102EUR81,60\r\n-\r\n",
    ],
    ids=["csv", "csv in the other currency", "ofx", "mt940"],
)
def test_what_was_paid_abroad_is_kept_with_its_rate(scope: Scope, content: bytes) -> None:
    with work(scope) as w:
        card = create_account(w, AccountDraft("Card", "credit_card", "EUR")).id
        batch = start_import(w, "card", content, account_id=card)
        row = list_import_rows(w, batch.id).items[0]
        figures = (-1840, "EUR", -2000, "USD", "0.92")
        assert (
            row.amount,
            row.currency,
            row.foreign_amount,
            row.foreign_currency,
            row.foreign_rate,
        ) == figures
        commit_import(w, batch.id)
        found = w.row("SELECT id FROM transaction WHERE foreign_amount IS NOT NULL")
        assert found is not None
        kept = get_transaction(w, found.id)
        assert (
            kept.amount,
            kept.currency,
            kept.foreign_amount,
            kept.foreign_currency,
            kept.foreign_rate,
        ) == figures
        delete_transaction(w, kept.id)
    with work(scope) as w:
        assert restore_transaction(w, kept.id).foreign_rate == "0.92"


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
