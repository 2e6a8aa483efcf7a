"""Every real bank file through the services: exactly the expected rows and total, twice adds nothing, undo restores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from recaller.core.scope import Scope
from recaller.infra.work import work
from recaller.services.imports import get_import, list_import_rows, start_import
from recaller.services.starter import create_starter_accounts
from recaller.services.verify import verify_all
from tests.support.households import Household
from tests.support.import_table import CHECKOUT, bring, names

SHARED = Path(os.environ.get("RECALLER_SHARED_DATA", CHECKOUT.parent / "shared" / "data"))
FILES = names(SHARED) if (SHARED / "expected.json").is_file() else []


@pytest.fixture
def scope(household: Household) -> Iterator[Scope]:
    with work(household.scope) as w:
        create_starter_accounts(w)
    yield household.scope
    assert verify_all() == []


def test_the_shared_data_is_there(shared_data: Path) -> None:
    assert len(names(shared_data)) >= 24


@pytest.mark.parametrize("name", FILES)
def test_the_file_gives_exactly_what_is_expected(scope: Scope, shared_data: Path, name: str) -> None:
    outcome = bring(scope, shared_data, name)
    assert outcome.verdict, outcome


@pytest.mark.parametrize(
    ("name", "hints"),
    [
        ("csv/dkb_de.csv", ["DE42120300001033738756"]),
        ("csv/swedbank_lt.xls", ["LT357300000000000000"]),
        ("csv/rabobank_nl.csv", ["NL77RABO0311467415"]),
        ("csv/mint_us.csv", ["Amazon Store Card", "My Credit Card", "My Checking"]),
        ("csv/uk_card_pending.csv", [""]),
        ("ofx/two_accounts_no_tx.ofx", ["9100", "9200"]),
    ],
)
def test_each_account_of_a_file_is_listed_once(
    scope: Scope, shared_data: Path, name: str, hints: list[str]
) -> None:
    with work(scope) as w:
        batch = start_import(w, name, (shared_data / name).read_bytes())
    assert [one["hint"] for one in batch.statements] == hints


def test_a_balance_in_the_preamble_belongs_to_the_account_of_the_rows(
    scope: Scope, shared_data: Path
) -> None:
    with work(scope) as w:
        dkb = start_import(w, "dkb.csv", (shared_data / "csv/dkb_de.csv").read_bytes())
        bank = start_import(w, "rabo.csv", (shared_data / "csv/rabobank_nl.csv").read_bytes())
    assert dkb.statements[0]["closing_balance"] == 409332
    assert bank.statements[0]["closing_balance"] == 1233453


def test_what_does_not_add_up_is_warned_of_and_imported(scope: Scope, shared_data: Path) -> None:
    with work(scope) as w:
        batch = start_import(w, "meta.csv", (shared_data / "csv/meta_header_footer.csv").read_bytes())
        assert batch.counts["new"] == 4
    assert ["0.02" in one["message"] for one in batch.warnings] == [True]


def test_formulas_markup_and_entities_are_kept_as_the_text_they_are(scope: Scope, shared_data: Path) -> None:
    formula, markup = "=cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>"
    content = f'Date,Payee,Amount\n2026-01-02,"{formula}",-1.00\n2026-01-03,{markup},-2.00\n'.encode()
    with work(scope) as w:
        rows = list_import_rows(w, start_import(w, "x.csv", content).id).items
        assert [row.payee for row in rows] == [formula, markup]
        entities = start_import(w, "html.qfx", (shared_data / "ofx/html_entities.qfx").read_bytes())
        assert "&lt;DEFTPYMT&gt;" in list_import_rows(w, entities.id).items[1].payee
        assert get_import(w, entities.id).counts["new"] == 2
