"""The import pages' states: uploads, choices, the mapping, commit, undo; and what strangers may do: nothing."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path, PurePath
from typing import Any
from uuid import UUID

import pytest
import reflex as rx
from reflex.istate.data import RouterData

from recaller.infra.work import Work, work
from recaller.services import identity
from recaller.services.accounts import AccountDraft, create_account, list_accounts
from recaller.services.imports import list_imports
from recaller.services.transactions import EntryDraft, record_transaction
from recaller.settings import Settings, get_settings, use_settings
from recaller.state import imports as former_imports
from recaller.state.import_batch import ImportBatchState
from recaller.state.import_mapping import ImportMappingState
from recaller.state.imports import ImportsState
from tests.support.people import cookie, sign_up_person, who

CSV = b"Date,Payee,Amount,Memo\n2026-01-02,Baker,-3.50,rolls\n2026-01-05,Work,1000.00,pay\n"
ORIGIN = "http://localhost:3000"


class Browser:
    """One open page: its states, the address, and the cookie that came with the websocket."""

    def __init__(self, cookie_header: str) -> None:
        self._cookie = cookie_header
        self._root = rx.State(_reflex_internal_init=True)
        self.go("/import")

    def go(self, url: str) -> None:
        headers = {"cookie": self._cookie, "origin": ORIGIN}
        told = {
            "asPath": url,
            "pathname": url,
            "query": {},
            "headers": headers,
            "token": "t",
            "sid": "s",
            "ip": "",
        }
        self._root.router_data = told
        self._root.router = RouterData.from_router_data(told)

    def see(self, kind: type[rx.State]) -> Any:
        return self._root.get_substate(kind.get_full_name().split("."))

    def send(self, handler: Any, *arguments: Any) -> Any:
        """Send an event and return what it gives the browser to do."""
        kind = next(
            one
            for one in (ImportsState, ImportBatchState, ImportMappingState)
            if one.event_handlers.get(handler.fn.__name__) is handler
        )
        return asyncio.run(handler.fn(self.see(kind), *arguments))

    def drop(self, filename: str, content: bytes) -> Any:
        """Drop a file on /import and follow to its page."""
        self.go("/import")
        file = rx.UploadFile(file=io.BytesIO(content), path=PurePath(filename), size=len(content))  # type: ignore[arg-type]
        answer = self.send(ImportsState.receive, [file])
        if "/import/" in str(answer):
            with work(who_is(self._cookie)) as w:
                newest = list_imports(w).items[0].id
            self.go(f"/import/{newest}")
            self.send(ImportBatchState.load)
        return answer


def who_is(cookie_header: str) -> Any:
    return identity.resolve_cookie(cookie_header).scope()


@pytest.fixture
def ann(database: Settings) -> identity.SignedIn:
    return sign_up_person("ann@example.org")


@pytest.fixture
def browser(ann: identity.SignedIn) -> Browser:
    return Browser(cookie(ann))


@pytest.fixture
def doing(ann: identity.SignedIn) -> Callable[[Callable[[Work], Any]], Any]:
    def run(action: Callable[[Work], Any]) -> Any:
        with work(who(ann).scope()) as w:
            return action(w)

    return run


@pytest.fixture
def checking(doing: Callable[[Callable[[Work], Any]], Any]) -> UUID:
    made: UUID = doing(lambda w: create_account(w, AccountDraft("Checking", "checking", "USD")).id)
    return made


def test_a_card_statement_from_drop_to_undo(browser: Browser, shared_data: Path, doing: Any) -> None:
    browser.drop("bofa.ofx", (shared_data / "ofx/bofa_creditcard_27tx.ofx").read_bytes())
    batch = browser.see(ImportBatchState)
    assert (batch.stage, batch.missing_accounts, batch.commit_label) == (
        "ready",
        True,
        "Import 27 transactions",
    )
    hint = batch.accounts[0].hint
    browser.send(ImportBatchState.choose_account, hint, "new")
    assert (batch.account_name, batch.account_subtype, batch.account_currency) == (
        "Credit card 1222",
        "credit_card",
        "USD",
    )
    form = {"name": "My card", "subtype": "credit_card", "currency": "USD"}
    browser.send(ImportBatchState.add_account, form)
    assert (batch.missing_accounts, batch.accounts[0].account_name) == (False, "My card")
    assert batch.accounts[0].total == "−$989.26"
    browser.send(ImportBatchState.commit)
    assert (batch.stage, batch.result_text) == ("committed", "27 transactions added")
    assert [one.difference for one in batch.balances] == ["−$1,103.75"]
    browser.send(ImportBatchState.set_opening, batch.balances[0].account_id)
    assert batch.balances[0].agrees
    browser.send(ImportBatchState.reset_opening, batch.balances[0].account_id)
    assert not batch.balances[0].agrees
    browser.send(ImportBatchState.ask_undo)
    assert (batch.undo_open, batch.edited) == (True, [])
    browser.send(ImportBatchState.undo, False)
    assert batch.stage == "undone"
    assert doing(lambda w: w.rows("SELECT 1 FROM transaction")) == []


def test_rows_are_shown_by_state_and_can_be_chosen(browser: Browser, checking: UUID, doing: Any) -> None:
    doing(lambda w: record_transaction(w, EntryDraft(date(2026, 1, 4), checking, 100000, "My job")))
    browser.send(ImportsState.load)
    browser.send(ImportsState.choose_account, str(checking))
    browser.drop("bank.csv", CSV)
    batch = browser.see(ImportBatchState)
    assert [(tab.key, tab.count) for tab in batch.tabs] == [("", "2"), ("new", "1"), ("conflict", "1")]
    browser.send(ImportBatchState.show_state, "conflict")
    assert [option.value for option in batch.rows[0].options] == ["import", "skip", "match"]
    browser.send(ImportBatchState.choose_row, batch.rows[0].number, "match")
    assert batch.rows[0].choice == "match"
    browser.send(ImportBatchState.commit)
    assert batch.result_text == "1 transaction added, 1 linked"


def test_the_mapping_is_corrected_with_a_preview_and_remembered(
    browser: Browser, checking: UUID, doing: Any
) -> None:
    browser.send(ImportsState.load)
    browser.send(ImportsState.choose_account, str(checking))
    browser.drop("card.csv", CSV)
    browser.send(ImportMappingState.open_editor)
    mapping, batch = browser.see(ImportMappingState), browser.see(ImportBatchState)
    assert [(one.name, one.role) for one in mapping.columns] == [
        ("Date", "date"), ("Payee", "payee"), ("Amount", "amount"), ("Memo", "memo"),
    ]  # fmt: skip
    assert mapping.columns[1].samples == "Baker · Work"
    assert mapping.preview[0].amount == "−$3.50"
    browser.send(ImportMappingState.set_convention, "sign", "inverted")
    assert mapping.preview[0].amount == "+$3.50"
    browser.send(ImportMappingState.set_role, 2, "")
    assert "amount" in mapping.problem
    browser.send(ImportMappingState.set_role, 2, "amount")
    assert mapping.problem == ""
    browser.send(ImportMappingState.set_role, 1, "memo")
    browser.send(ImportMappingState.set_role, 3, "payee")
    browser.send(ImportMappingState.save)
    browser.send(ImportBatchState.load)
    assert [(row.payee, row.amount) for row in batch.rows] == [("rolls", "+$3.50"), ("pay", "−$1,000.00")]
    browser.send(ImportBatchState.commit)
    browser.send(ImportsState.choose_account, "")
    browser.drop("card.csv", CSV.replace(b"Baker,-3.50", b"Baker,-4.50"))
    assert batch.accounts[0].account_name == "Checking"
    assert [(row.state, row.amount) for row in batch.rows] == [("New", "+$4.50"), ("Duplicate", "−$1,000.00")]


def test_a_wrong_header_line_is_corrected_and_still_remembered(
    browser: Browser, checking: UUID, doing: Any
) -> None:
    browser.send(ImportsState.load)
    browser.send(ImportsState.choose_account, str(checking))
    browser.drop("card.csv", CSV)
    browser.send(ImportMappingState.open_editor)
    mapping = browser.see(ImportMappingState)
    browser.send(ImportMappingState.set_header_line, "2")
    assert (mapping.header_line, mapping.first_line, mapping.columns[1].name) == ("2", "3", "Baker")
    browser.send(ImportMappingState.save)
    browser.send(ImportBatchState.load)
    batch = browser.see(ImportBatchState)
    assert [row.payee for row in batch.rows] == ["Work"]
    browser.send(ImportBatchState.commit)
    browser.drop("card.csv", CSV + b"2026-01-09,Cinema,-12.00,film\n")
    assert [(row.payee, row.state) for row in batch.rows] == [("Work", "Duplicate"), ("Cinema", "New")]


def test_each_account_of_a_file_is_chosen_by_itself(browser: Browser, shared_data: Path, doing: Any) -> None:
    browser.drop("mint.csv", (shared_data / "csv/mint_us.csv").read_bytes())
    batch = browser.see(ImportBatchState)
    assert [one.hint for one in batch.accounts] == ["Amazon Store Card", "My Credit Card", "My Checking"]
    for one in list(batch.accounts):
        browser.send(ImportBatchState.choose_account, one.hint, "new")
        form = {"name": batch.account_name, "subtype": "credit_card", "currency": "USD"}
        browser.send(ImportBatchState.add_account, form)
    assert not batch.missing_accounts
    browser.send(ImportBatchState.commit)
    assert batch.result_text == "7 transactions added"
    assert [one.name for one in doing(list_accounts)] == [
        "Amazon Store Card",
        "My Credit Card",
        "My Checking",
    ]


def test_rows_in_another_currency_get_their_account_with_one_click(
    browser: Browser, checking: UUID, doing: Any
) -> None:
    browser.drop(
        "trip.csv",
        b"Date,Payee,Amount,Currency,Original amount,Original currency\n2026-01-02,Baker,-3.50,USD,,\n"
        b"2026-01-03,Bistro,-20.00,EUR,,\n2026-01-04,Pub,-9.20,USD,8.00,GBP\n",
    )
    batch = browser.see(ImportBatchState)
    browser.send(ImportBatchState.choose_account, "", str(checking))
    assert [(one.title, one.total, one.needed) for one in batch.accounts] == [
        ("The file names no account", "−$12.70", False),
        ("Its rows in EUR", "−€20.00", False),
    ]
    assert batch.lacking_title == "Rows in another currency need an account of their own"
    assert (batch.lacking_hint, batch.lacking_text) == (
        "1 row in EUR, Checking is in USD",
        "Create an account in EUR",
    )
    assert [row.foreign for row in batch.rows] == ["", "", "−£8.00, 1 GBP = 1.15 USD"]
    assert "in EUR, the account Checking in USD" in batch.rows[1].reason
    browser.send(ImportBatchState.make_missing)
    assert (batch.lacking_text, batch.accounts[1].account_name) == ("", "Checking EUR")
    browser.send(ImportBatchState.commit)
    assert batch.result_text == "3 transactions added"
    assert [(one.name, one.currency) for one in doing(list_accounts)] == [
        ("Checking", "USD"),
        ("Checking EUR", "EUR"),
    ]


def test_former_imports_are_paged_and_the_choice_of_an_account_stays(
    browser: Browser, checking: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(former_imports, "PAGE", 2)
    for name in ("a.csv", "b.csv", "c.csv"):
        browser.drop(name, CSV)
    browser.go("/import")
    browser.send(ImportsState.load)
    page = browser.see(ImportsState)
    browser.send(ImportsState.choose_account, str(checking))
    assert ([one.filename for one in page.items], page.has_older, page.has_newer) == (
        ["c.csv", "b.csv"], True, False,
    )  # fmt: skip
    browser.send(ImportsState.older)
    browser.send(ImportsState.older)
    assert ([one.filename for one in page.items], page.has_older, page.has_newer) == (["a.csv"], False, True)
    assert page.account_id == str(checking)
    browser.send(ImportsState.newer)
    browser.send(ImportsState.newer)
    assert [one.filename for one in page.items] == ["c.csv", "b.csv"]


def test_what_is_wrong_with_a_file_is_told_and_nothing_is_kept(browser: Browser, doing: Any) -> None:
    browser.drop("photo.csv", b"\x89PNG\r\n\x1a\n" + b"\x00" * 400)
    page = browser.see(ImportsState)
    assert "photo.csv looks like a PNG image" in page.error
    assert doing(list_imports).items == ()
    browser.drop(
        "bank.csv", b"Date,Payee,Amount\n" + b"2026-01-02,A,-1.00\n" * 9 + b"2026-01-03,B,not money\n"
    )
    batch = browser.see(ImportBatchState)
    assert (batch.stage, batch.mappable) == ("failed", True)
    assert "bank.csv, row 11" in batch.error


def test_a_file_that_is_too_large_is_refused(browser: Browser, doing: Any) -> None:
    use_settings(get_settings().model_copy(update={"import_max_bytes": 2000}))
    browser.drop("big.csv", CSV + b"2026-01-05,Work,1000.00,pay\n" * 200)
    assert "the limit is 2,000" in browser.see(ImportsState).error
    assert doing(list_imports).items == ()


@pytest.mark.parametrize("stranger", ["", "recaller_session=nonsense"])
def test_strangers_are_sent_to_sign_in_and_leave_nothing(
    browser: Browser, checking: UUID, doing: Any, stranger: str
) -> None:
    browser.send(ImportsState.load)
    browser.drop("bank.csv", CSV)
    batch_id = browser.see(ImportBatchState).batch_id
    other = Browser(stranger)
    for handler, arguments in ((ImportsState.load, ()), (ImportsState.discard, (batch_id,))):
        assert "sign-in" in str(other.send(handler, *arguments))
    assert "sign-in" in str(other.drop("x.csv", CSV))
    other.go(f"/import/{batch_id}")
    for handler, arguments in (
        (ImportBatchState.load, ()),
        (ImportBatchState.commit, ()),
        (ImportBatchState.discard, ()),
        (ImportBatchState.undo, (False,)),
    ):
        other.see(ImportBatchState).batch_id = batch_id
        assert "sign-in" in str(other.send(handler, *arguments))
    assert len(doing(list_imports).items) == 1


def test_another_household_finds_no_import_here(browser: Browser, checking: UUID, doing: Any) -> None:
    browser.drop("bank.csv", CSV)
    batch_id = browser.see(ImportBatchState).batch_id
    other = Browser(cookie(sign_up_person("bea@example.org")))
    other.go(f"/import/{batch_id}")
    other.send(ImportBatchState.load)
    assert other.see(ImportBatchState).stage == "missing"
    for handler, arguments in (
        (ImportBatchState.commit, ()),
        (ImportBatchState.discard, ()),
        (ImportBatchState.choose_row, (1, "skip")),
        (ImportBatchState.choose_account, ("", str(checking))),
    ):
        assert "There is no" in str(other.send(handler, *arguments))
    assert [view.status for view in doing(list_imports).items] == ["ready"]


@pytest.mark.parametrize(
    ("handler", "arguments"),
    [
        (ImportBatchState.choose_row, ("1", {})),
        (ImportBatchState.choose_row, (1, "everything")),
        (ImportBatchState.choose_account, ([], 3)),
        (ImportBatchState.add_account, ("not a form",)),
        (ImportBatchState.show_state, ({},)),
        (ImportBatchState.set_opening, ("me",)),
        (ImportMappingState.set_role, ("first", "date")),
        (ImportMappingState.set_convention, ("doubts", "x")),
        (ImportMappingState.set_header_line, ("99999999999",)),
        (ImportsState.choose_account, ({"$ne": 1},)),
        (ImportsState.progressed, ("half",)),
        (ImportsState.receive, ("file",)),
    ],
)
def test_nonsense_from_the_browser_is_answered_in_words(
    browser: Browser, checking: UUID, handler: Any, arguments: tuple[Any, ...]
) -> None:
    browser.drop("bank.csv", CSV)
    browser.send(ImportMappingState.open_editor)
    browser.send(handler, *arguments)
