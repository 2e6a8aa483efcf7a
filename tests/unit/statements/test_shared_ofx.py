"""Every OFX and QFX file of the shared data is read, or rejected as it should be; compared with two other parsers."""

import io
import warnings
from decimal import Decimal

import ofxparse
import pytest
from ofxtools.Parser import OFXTree

from recaller.core.money import to_decimal
from recaller.domain.statements import (
    Statement,
    StatementRejected,
    StatementRow,
    detect,
    read_ofx,
    read_rows,
    reject_errors,
)
from tests.unit.statements.shared_data import EXPECTED, content, names, needs_shared

pytestmark = needs_shared
READABLE = [name for name in names("ofx") if "reject" not in name]
CENT = Decimal("0.01")


def read(name: str) -> tuple[list[StatementRow], list[Statement]]:
    statements: list[Statement] = []
    data = content(name)
    assert detect(data, name).format == "ofx"
    return list(read_rows(data, name, statements=statements)), statements


def exact_total(rows: list[StatementRow]) -> Decimal:
    """Sum what the bank wrote, before rounding."""
    return sum((Decimal(row.raw.split("TRNAMT=")[1].split()[0].replace(",", ".")) for row in rows), Decimal())


@pytest.mark.parametrize("name", READABLE)
def test_figures_are_as_expected(name):
    rows, statements = read(name)
    expected = EXPECTED[name]["expected"]
    assert not [row for row in rows if row.status == "error"]
    told = next((e for e in (expected["ofxparse"], expected["ofxtools"]) if isinstance(e, list)), [])
    assert len(statements) == len(told)
    for statement, figures in zip(statements, told, strict=True):
        assert statement.account_hint == figures["account"]
        assert statement.currency == figures["currency"]
        assert statement.booked_count == figures["n"]
        if figures["balance"] is not None:
            exact = Decimal(figures["balance"])
            assert abs(to_decimal(statement.closing_balance, statement.currency) - exact) <= CENT / 2
        own = [row for row in rows if row.account_hint == figures["account"] and "TRNAMT=" in row.raw]
        assert exact_total(own) == Decimal(figures["total"])
        booked = sum(row.amount for row in own)
        assert abs(to_decimal(booked, statement.currency) - Decimal(figures["total"])) <= CENT / 2 * max(
            len(own), 1
        )
    assert sum("TRNAMT=" in row.raw for row in rows) == expected["stmttrn"]


def test_bad_decimal_rejects_the_file_and_names_the_amount():
    rows, _ = read("ofx/reject_bad_decimal.ofx")
    assert [(row.status, row.amount) for row in rows] == [("error", None)]
    with pytest.raises(StatementRejected, match=r"reject\.ofx, row 1: .*\$120"):
        list(reject_errors(rows, "reject.ofx"))


def test_rounding_is_half_even_and_said():
    rows, statements = read("ofx/ofx2_13_decimals.ofx")
    assert [row.amount for row in rows] == [130374, 432125, -85012]
    assert all("rounded half-even" in (row.reason or "") for row in rows)
    assert statements[0].closing_balance == 331774


def test_references_are_decoded_once():
    rows, _ = read("ofx/html_entities.qfx")
    assert rows[1].payee == "TPAY &lt;DEFTPYMT&gt;"
    assert "B.C. HYDRO & POWER" in rows[0].memo


def test_investments_have_all_their_cash_effects():
    rows, _ = read("ofx/fidelity_investment.ofx")
    assert len(rows) == 17
    assert [row.amount for row in rows][:2] == [-257145, -504999]
    assert sum(row.amount for row in rows if row.kind in ("DEP", "OTHER")) == -57
    assert rows[8].kind == "INCOME"
    assert rows[8].amount == 553


def test_dates_are_the_banks_own():
    rows, _ = read("ofx/bofa_creditcard_27tx.ofx")
    assert str(rows[0].date) == "2013-11-21"
    assert rows[0].payee == "JEFFREY'S 0252      NEW YORK"
    assert rows[0].reference == "320133250213757584"


@pytest.mark.parametrize("name", READABLE)
def test_agrees_with_ofxparse_where_it_reads(name):
    data = content(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other = ofxparse.OfxParser.parse(io.BytesIO(data))
    except Exception:  # noqa: BLE001 - whatever the other parser refuses a file with
        other = None
    assert (other is None) == isinstance(EXPECTED[name]["expected"]["ofxparse"], str)
    if other is None:
        return
    rows = list(read_ofx(data, name))
    theirs = [row for account in other.accounts for row in account.statement.transactions]
    assert [row.reference for row in rows] == [row.id for row in theirs]
    for mine, his in zip(rows, theirs, strict=True):
        amount = getattr(his, "amount", None) if hasattr(his, "payee") else his.total
        assert abs(to_decimal(mine.amount, mine.currency) - amount) <= CENT / 2
        assert mine.date == (his.date if hasattr(his, "payee") else his.tradeDate).date()


@pytest.mark.parametrize("name", READABLE)
def test_agrees_with_ofxtools_where_it_reads(name):
    tree = OFXTree()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree.parse(io.BytesIO(content(name)))
            statements = tree.convert().statements
    except Exception:  # noqa: BLE001 - whatever the other parser refuses a file with
        statements = None
    assert (statements is None) == isinstance(EXPECTED[name]["expected"]["ofxtools"], str)
    if statements is None:
        return
    rows = list(read_ofx(content(name), name))
    theirs = [row for statement in statements for row in (statement.transactions or [])]
    assert [row.reference for row in rows] == [row.fitid for row in theirs]
    for mine, his in zip(rows, theirs, strict=True):
        amount = his.trnamt if hasattr(his, "trnamt") else his.total
        assert abs(to_decimal(mine.amount, mine.currency) - amount) <= CENT / 2
