"""The transaction editor: entries, splits, transfers, sums in fields, errors under fields, edits that came too late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from recaller.services import identity
from recaller.services.accounts import close_account
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransferDraft,
    edit_transaction,
    record_opening_balance,
    record_transaction,
)
from recaller.state.transaction_editor import TransactionEditorState
from tests.state.conftest import Tab, fire
from tests.support.ledger_screens import DAY, Home

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]
Editor = TransactionEditorState


async def opened(tab: Tab, transaction_id: str = "") -> TransactionEditorState:
    page = tab.open(Editor, "/transactions")
    if transaction_id:
        await fire(Editor.open_transaction.fn, page, transaction_id)
    else:
        await fire(Editor.open_new.fn, page, "")
    assert page.shown
    return page


def filled(page: TransactionEditorState, **changes: Any) -> dict[str, Any]:
    """Return what the browser sends of the form as it stands, with these fields changed."""
    form: dict[str, Any] = {
        "date": page.date,
        "account": page.account_id,
        "to_account": page.to_account_id,
        "payee": page.payee_id,
        "payee_text": page.payee,
        "category": page.category_id,
        "amount": page.amount,
        "to_amount": page.to_amount,
        "note": page.note,
        "tags": page.tags,
    }
    for line in page.splits:
        form |= {
            f"split_category_{line.key}": line.category_id,
            f"split_amount_{line.key}": line.amount,
            f"split_memo_{line.key}": line.memo,
        }
    return form | ({"pending": "on"} if page.pending else {}) | changes


async def test_an_expense_with_a_sum_is_recorded(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await opened(tab)
    await fire(Editor.type_amount.fn, page, "12.50+3")
    assert page.amount_result == "= $15.50"
    form = filled(
        page,
        date="2026-10-05",
        payee_text="  Alder   Market ",
        category=str(home.categories["Groceries"]),
        tags="kids, #tax",
        note=" weekly ",
        pending="on",
    )
    assert "Transaction added" in await fire(Editor.submit.fn, page, form)
    assert not page.shown
    with home.work() as w:
        found = w.rows("SELECT id FROM transaction")
    view = home.read(str(found[0].id))
    assert (view.amount, view.payee, view.note, view.status) == (-1550, "Alder Market", "weekly", "pending")
    assert (view.tags, view.category_id, view.date) == (("kids", "tax"), home.categories["Groceries"], DAY)


async def test_the_next_one_can_follow_at_once(place: tuple[Tab, Home]) -> None:
    page = await opened(place[0])
    key = page.form_key
    await fire(Editor.then_another.fn, page)
    await fire(Editor.submit.fn, page, filled(page, amount="5", date="2026-09-01"))
    assert page.shown and page.is_new and page.form_key > key
    assert (page.amount, page.date) == ("", "2026-09-01")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "much"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"date": ""}, "date"),
        ({"date": "1001-01-01"}, "date"),
        ({"account": ""}, "account"),
        ({"tags": "x" * 60}, "tags"),
        ({"note": "x" * 3000}, "note"),
        ({"payee_text": "x" * 250}, "payee"),
    ],
)
async def test_wrong_input_is_named_under_its_field(
    place: tuple[Tab, Home], changes: dict[str, str], field: str
) -> None:
    page = await opened(place[0])
    await fire(Editor.submit.fn, page, filled(page, **({"amount": "5"} | changes)))
    assert list(page.form_errors) == [field] and page.shown and not page.busy


@pytest.mark.parametrize(
    "form", [None, "text", 5, [], {"amount": ["5"]}, {"amount": "5", "account": {"x": 1}}]
)
async def test_what_is_no_form_changes_nothing(place: tuple[Tab, Home], form: Any) -> None:
    page = await opened(place[0])
    await fire(Editor.submit.fn, page, form)
    with place[1].work() as w:
        assert not w.rows("SELECT 1 FROM transaction")


async def test_a_split_is_built_and_read_back(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await opened(tab)
    await fire(Editor.type_amount.fn, page, "10")
    await fire(Editor.start_split.fn, page)
    first, second = (line.key for line in page.splits)
    await fire(Editor.choose_line_category.fn, page, first, str(home.categories["Groceries"]))
    await fire(Editor.type_line_amount.fn, page, first, "7")
    assert page.remainder == "$3.00 is not assigned to a line yet."
    await fire(Editor.submit.fn, page, filled(page, amount="10", **{f"split_amount_{second}": "1"}))
    assert page.form_errors == {"splits": "$2.00 is not assigned to a line yet."}
    await fire(Editor.give_rest.fn, page, second)
    assert page.balanced and page.splits[1].amount == "3.00"
    await fire(Editor.type_line_memo.fn, page, first, "weekly")
    await fire(Editor.submit.fn, page, filled(page, amount="10"))
    with home.work() as w:
        stored = str(w.rows("SELECT id FROM transaction")[0].id)
    assert [(line.amount, line.memo) for line in home.read(stored).lines] == [
        (-1000, ""),
        (700, "weekly"),
        (300, ""),
    ]
    again = await opened(tab, stored)
    assert [(line.category, line.amount, line.memo) for line in again.splits] == [
        ("Food › Groceries", "7.00", "weekly"),
        ("", "3.00", ""),
    ]
    await fire(Editor.remove_line.fn, again, again.splits[1].key)
    assert not again.is_split and again.category == "Food › Groceries"


async def test_transfers_within_and_across_currencies(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await opened(tab)
    await fire(Editor.choose_kind.fn, page, "transfer")
    checking, savings, giro = (str(home.accounts[name]) for name in ("Checking", "Savings", "Giro"))
    await fire(Editor.choose_account.fn, page, checking)
    await fire(Editor.choose_to_account.fn, page, giro)
    assert (page.currency, page.to_currency) == ("USD", "EUR")
    await fire(Editor.submit.fn, page, filled(page, amount="10", to_amount=""))
    assert list(page.form_errors) == ["to_amount"]
    await fire(Editor.submit.fn, page, filled(page, amount="10", to_amount="9.20"))
    assert not page.shown
    with home.work() as w:
        stored = str(w.rows("SELECT id FROM transaction")[0].id)
    again = await opened(tab, stored)
    assert (again.kind, again.amount, again.to_amount) == ("transfer", "10.00", "9.20")
    await fire(Editor.submit.fn, again, filled(again, to_account=savings))
    assert home.read(stored).shape == "transfer"
    same = await opened(tab, stored)
    await fire(Editor.submit.fn, same, filled(same, to_account=checking))
    assert list(same.form_errors) == ["to_account"]


async def test_saving_what_was_not_changed_changes_no_figure(place: tuple[Tab, Home]) -> None:
    tab, home = place
    with home.work() as w:
        refund = record_transaction(
            w,
            EntryDraft(
                DAY, home.accounts["Checking"], 900, "Shop", (Part(home.categories["Clothing"], 900),)
            ),
        ).id
        mixed = record_transaction(
            w,
            EntryDraft(
                DAY,
                home.accounts["Checking"],
                -500,
                parts=(Part(home.categories["Clothing"], -800), Part(None, 300, "back")),
            ),
        ).id
        moved = record_transaction(
            w, TransferDraft(DAY, home.accounts["Giro"], home.accounts["Checking"], 1000, 1090)
        ).id
    for stored in map(str, (refund, mixed, moved)):
        before = home.read(stored)
        page = await opened(tab, stored)
        await fire(Editor.submit.fn, page, filled(page))
        assert not page.shown, page.form_errors
        after = home.read(stored)
        assert [(x.account_id, x.amount, x.memo) for x in after.lines] == [
            (x.account_id, x.amount, x.memo) for x in before.lines
        ]


async def test_an_edit_that_came_too_late_says_so_and_can_be_read_anew(place: tuple[Tab, Home]) -> None:
    tab, home = place
    stored = home.record(-1000)
    page = await opened(tab, stored)
    with home.work() as w:
        edit_transaction(
            w, home.read(stored).id, EntryDraft(DAY, home.accounts["Checking"], -2000, "Elsewhere"), version=1
        )
    await fire(Editor.submit.fn, page, filled(page, amount="30"))
    assert page.conflict and "changed elsewhere" in page.form_error and page.shown
    await fire(Editor.reload.fn, page)
    assert (page.amount, page.payee, page.conflict) == ("20.00", "Elsewhere", False)
    await fire(Editor.submit.fn, page, filled(page, amount="30"))
    assert home.read(stored).amount == -3000


async def test_a_row_that_another_tab_deleted(place: tuple[Tab, Home]) -> None:
    tab, home = place
    stored = home.record(-1000)
    page, other = await opened(tab, stored), await opened(tab, stored)
    assert "Transaction deleted" in await fire(Editor.delete.fn, other)
    await fire(Editor.submit.fn, page, filled(page))
    assert "There is no transaction" in page.form_error
    late = tab.open(Editor, "/transactions")
    assert "There is no transaction" in await fire(Editor.open_transaction.fn, late, stored)
    assert not late.shown
    assert "restored" in await fire(Editor.restore.fn, other, stored)
    assert home.read(stored).amount == -1000


async def test_a_payee_brings_its_usual_category(place: tuple[Tab, Home]) -> None:
    tab, home = place
    stored = home.record(-1000)
    page = await opened(tab)
    await fire(Editor.search_payees.fn, page, "ald")
    assert [one.label for one in page.payees] == ["Alder Market"]
    await fire(Editor.choose_payee.fn, page, str(home.read(stored).payee_id))
    assert (page.category, page.category_hint) == ("Food › Groceries", "Usual for this payee")
    chosen = await opened(tab)
    await fire(Editor.choose_category.fn, chosen, str(home.categories["Fuel"]))
    await fire(Editor.choose_payee.fn, chosen, str(home.read(stored).payee_id))
    assert chosen.category_id == str(home.categories["Fuel"])


async def test_another_households_row_stays_out_of_sight(place: tuple[Tab, Home], new_tab: NewTab) -> None:
    _, home = place
    stored = home.record(-1000)
    stranger, _ = new_tab("bob@example.org")
    page = stranger.open(Editor, "/transactions")
    assert "There is no transaction" in await fire(Editor.open_transaction.fn, page, stored)
    page._identity, page._version = stored, 1
    await fire(Editor.delete.fn, page)
    await fire(
        Editor.submit.fn,
        page,
        {"date": "2026-10-05", "amount": "5", "account": str(home.accounts["Checking"])},
    )
    assert "account" in page.form_errors
    assert "There is no" in await fire(Editor.restore.fn, page, stored)
    assert home.read(stored).amount == -1000


async def test_an_opening_balance_is_only_shown(place: tuple[Tab, Home]) -> None:
    tab, home = place
    with home.work() as w:
        stored = record_opening_balance(w, home.accounts["Checking"], 5000, DAY)
    assert stored is not None
    page = await opened(tab, str(stored.id))
    assert "opening balance" in page.read_only and [line.amount for line in page.lines] == [
        "$50.00",
        "\u2212$50.00",
    ]
    assert await fire(Editor.submit.fn, page, {"amount": "1"}) == ""
    assert home.read(str(stored.id)).amount == 5000


async def test_a_closed_account_still_shows_in_its_own_transactions(place: tuple[Tab, Home]) -> None:
    tab, home = place
    stored = home.record(-1000, account="Savings")
    home.record(1000, category="Salary", account="Savings")
    with home.work() as w:
        close_account(w, home.accounts["Savings"], date(2026, 10, 6))
    assert str(home.accounts["Savings"]) not in {one.value for one in (await opened(tab)).accounts}
    page = await opened(tab, stored)
    await fire(Editor.submit.fn, page, filled(page, note="still here"))
    assert home.read(stored).note == "still here"
