"""Rules on screen: written, previewed, applied, taken back; nobody else's are reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from recaller.core.scope import Source
from recaller.infra.work import work
from recaller.services import identity
from recaller.services.accounts import AccountDraft, close_account, create_account
from recaller.services.recurring import get_occurrence
from recaller.services.rules import apply_rules, delete_rule, get_rule, list_rules
from recaller.services.transactions import EntryDraft, categorise_transactions, record_transaction
from recaller.state import rule_editor
from recaller.state.rule_editor import RuleEditorState
from recaller.state.rules import RulesState
from recaller.state.transaction_editor import TransactionEditorState
from recaller.state.transactions import TransactionsState
from tests.state.conftest import Held, Tab, fire
from tests.support.ledger_screens import Home, furnish
from tests.support.people import who
from tests.support.recurring import make_recurring
from tests.support.ruled_household import make_rule

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]
Page, Editor = RulesState, RuleEditorState
TODAY = datetime.now(UTC).date()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody types here."""
    monkeypatch.setattr(rule_editor, "PAUSE_SECONDS", 0)


@pytest.fixture
def place(new_tab: NewTab) -> tuple[Tab, Home]:
    tab, signed = new_tab()
    home = furnish(signed)
    home.record(-1599, "Streamly")
    home.record(-500, "Kiosk")
    return tab, home


def bank_row(home: Home, payee: str, amount: int, on: date = TODAY) -> str:
    """Record what a bank reported: nothing in it was set by hand."""
    with work(who(home.signed).scope(source=Source.IMPORT)) as w:
        return str(record_transaction(w, EntryDraft(on, home.accounts["Checking"], amount, payee)).id)


async def look(editor: RuleEditorState) -> None:
    await fire(Editor.look.fn, Held(editor), editor._edition)


async def write(editor: RuleEditorState, key: str, **parts: str) -> None:
    for part, value in parts.items():
        await fire(Editor.write.fn, editor, key, part, value)


async def opened(tab: Tab) -> RuleEditorState:
    editor = tab.open(Editor, "/rules")
    await fire(Editor.open_new.fn, editor)
    return editor


async def written(tab: Tab) -> RulesState:
    editor = await opened(tab)
    await write(editor, editor.conditions[0].key, value="stream")
    await write(editor, editor.actions[0].key, do="add_tags", value="fun, tv")
    await look(editor)
    assert editor.matches == "Matches 1 transaction, would change 1."
    (row,) = editor.changes
    assert row.payee == "Streamly"
    assert [(one.label, one.before, one.after) for one in row.fields] == [("Tags", "none", "#fun #tv")]
    assert "Rule saved" in await fire(Editor.save.fn, editor, {})
    assert not editor.shown
    page = tab.open(Page, "/rules")
    await fire(Page.load.fn, page)
    assert (page.rules[0].name, page.rules[0].sentence) == ("If payee contains 'stream', add #fun #tv", "")
    again = tab.open(Editor, "/rules")
    await fire(Editor.open_rule.fn, again, page.rules[0].id)
    assert again.name == "", "a rule that nobody named goes on to be called by what it says"
    return page


async def test_a_rule_is_previewed_applied_and_taken_back(place: tuple[Tab, Home]) -> None:
    page = await written(place[0])
    await fire(Page.open_apply.fn, page, "")
    await fire(Page.look.fn, page)
    assert page.changes_count == "1 transaction would change"
    assert "1 transaction changed" in await fire(Page.apply.fn, page)
    assert await fire(Page.apply.fn, page) == "", "a second click"
    await fire(Page.load.fn, page)
    (run,) = page.runs
    assert run.reversible and run.rules.endswith("(1)")
    await fire(Page.show_changes.fn, page, run.id, False)
    assert page.past and [one.after for one in page.changes[0].fields] == ["#fun #tv"]
    assert "1 taken back" in await fire(Page.reverse.fn, page, run.id)
    await fire(Page.load.fn, page)
    assert (page.runs[0].status, page.runs[0].reversible) == ("Taken back", False)


async def test_one_rule_alone_is_applied(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await written(tab)
    with home.work() as w:
        make_rule(w, [], [{"do": "append_note", "text": "everywhere"}])
    await fire(Page.open_apply.fn, page, page.rules[0].id)
    await fire(Page.look.fn, page)
    assert page.changes_count == "1 transaction would change"
    assert "1 transaction changed" in await fire(Page.apply.fn, page)


async def test_deleting_can_be_undone(place: tuple[Tab, Home]) -> None:
    page = await written(place[0])
    await fire(Page.delete.fn, page, page.rules[0].id)
    await fire(Page.load.fn, page)
    assert not page.rules
    await fire(Page.undo_delete.fn, page)
    await fire(Page.load.fn, page)
    assert len(page.rules) == 1


async def test_a_foreign_rule_is_refused(place: tuple[Tab, Home], new_tab: NewTab) -> None:
    page = await written(place[0])
    rule = page.rules[0].id
    stranger, _ = new_tab("mallory@example.com")
    other = stranger.open(Page, "/rules")
    await fire(Page.switch.fn, other, rule, False)
    await fire(Page.delete.fn, other, rule)
    await fire(Page.move.fn, other, rule, True)
    await fire(Page.open_apply.fn, other, rule)
    await fire(Page.look.fn, other)
    assert not other.changes
    foreign = stranger.open(Editor, "/rules")
    await fire(Editor.open_rule.fn, foreign, rule)
    assert not foreign.shown and not foreign.conditions
    await fire(Page.load.fn, other)
    assert not other.rules
    with place[1].work() as w:
        (kept,) = list_rules(w)
    assert str(kept.id) == rule and kept.active


# Everything that REST can say, at the depth that is allowed.
def everything(home: Home, item: UUID) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    accounts = [str(one) for one in home.accounts.values()]
    groceries, salary = str(home.categories["Groceries"]), str(home.categories["Salary"])
    texts: list[dict[str, Any]] = [
        {"field": "payee", "op": "contains", "value": "rewe"},
        {"field": "bank_text", "op": "one_of", "value": ["a, b", "c"]},
        {"field": "note", "op": "empty", "not": True},
        {"field": "payee", "op": "matches", "value": "^re.e\\b"},
        {"field": "note", "op": "starts_with", "value": "x", "not": True},
    ]
    others: list[dict[str, Any]] = [
        {"field": "amount", "op": "below", "value": -1250, "currency": "USD"},
        {"field": "size", "op": "between", "value": 100, "to": 123_456, "currency": "EUR", "not": True},
        {"field": "account", "op": "one_of", "value": accounts[:2], "not": True},
        {"field": "category", "op": "one_of", "value": [groceries, salary]},
        {"field": "category", "op": "empty"},
        {"field": "tag", "op": "one_of", "value": ["a, b", "c"]},
        {"field": "direction", "op": "equals", "value": "out", "not": True},
        {"field": "day", "op": "one_of", "value": [1, 15]},
        {"field": "day", "op": "between", "value": 5, "to": 9},
        {"field": "day", "op": "equals", "value": 31},
        {"field": "weekday", "op": "one_of", "value": [1, 7]},
        {"field": "month", "op": "one_of", "value": [2, 12], "not": True},
        {"field": "date", "op": "between", "value": "2026-03-01", "to": None},
        {"field": "date", "op": "between", "value": None, "to": "2026-03-31"},
    ]
    deep: dict[str, Any] = {"match": "any", "of": others}
    for match in ("none", "all", "any"):
        deep = {"match": match, "of": [texts[0], deep, texts[1]]}
    conditions = {"match": "all", "of": [*texts, deep, texts[2]]}
    parts = [
        {"category_id": groceries, "basis_points": 3334, "memo": "food"},
        {"category_id": salary, "basis_points": 50},
    ]
    actions: list[dict[str, Any]] = [
        {"do": "split", "parts": parts, "rest_category_id": groceries},
        {"do": "set_payee", "payee": "Rewe"},
        {"do": "add_tags", "tags": ["food", "home"]},
        {"do": "remove_tags", "tags": ["a, b", "c"]},
        {"do": "set_note", "text": "one\ntwo"},
        {"do": "append_note", "text": "three"},
        {"do": "link_recurring", "recurring_id": str(item)},
    ]
    return conditions, actions


@pytest.mark.parametrize(
    "side",
    [
        None,
        lambda home: {"do": "set_category", "category_id": str(home.categories["Fuel"])},
        lambda home: {"do": "make_transfer", "account_id": str(home.accounts["Savings"])},
        lambda home: {
            "do": "split",
            "parts": [{"category_id": str(home.categories["Fuel"]), "amount": 123_456}],
            "rest_category_id": str(home.categories["Groceries"]),
            "currency": "EUR",
        },
    ],
)
@pytest.mark.parametrize("locale", ["en_US", "de_DE"])
async def test_all_that_rest_can_say_is_shown_and_comes_back_unchanged(
    new_tab: NewTab, side: Callable[[Home], dict[str, Any]] | None, locale: str
) -> None:
    tab, signed = new_tab()
    home = furnish(signed)
    with home.work() as w:
        identity.update_profile(w, identity.ProfileChange(locale=locale))
    with home.work() as w:
        item = make_recurring(w, home.accounts["Checking"], "FREQ=MONTHLY", TODAY).id
        conditions, actions = everything(home, item)
        if side is not None:
            actions[0] = side(home)
        rule = make_rule(w, conditions, actions, name="All")
        before = get_rule(w, rule.id)
    editor = tab.open(Editor, "/rules")
    await fire(Editor.open_rule.fn, editor, str(rule.id))
    assert {one.depth for one in editor.conditions} == {1, 2, 3, 4, 5}
    amounts = {one.value for one in editor.conditions if one.field == "amount"}
    assert amounts == {"-12,50" if locale == "de_DE" else "-12.50"}
    await fire(Editor.save.fn, editor, {"name": "All"})
    assert not editor.shown, (editor.form_error, [one for one in editor.conditions if one.error])
    with home.work() as w:
        after = get_rule(w, rule.id)
    assert (after.conditions, after.actions) == (before.conditions, before.actions)
    assert after.version == before.version + 1


async def test_a_group_in_a_group_is_built_and_taken_apart(place: tuple[Tab, Home]) -> None:
    editor = await opened(place[0])
    first = editor.conditions[0].key
    await write(editor, first, field="direction", value="out")
    await fire(Editor.add.fn, editor, "group", "")
    outer = editor.conditions[1].key
    await write(editor, outer, match="any")
    await write(editor, editor.conditions[2].key, op="matches", value="^kio")
    await fire(Editor.add.fn, editor, "group", outer)
    inner = editor.conditions[3].key
    await write(editor, inner, match="none")
    await write(editor, editor.conditions[4].key, field="size")
    await write(editor, editor.conditions[4].key, op="below", value="10+2.50")
    assert [one.place for one in editor.conditions] == ["1", "2", "2.1", "2.2", "2.2.1"]
    await write(editor, editor.actions[0].key, do="set_note", value="yes")
    await look(editor)
    # Out, and (starts with kio, or not below 12.50).
    assert editor.matches == "Matches 2 transactions, would change 2."
    assert "Rule saved" in await fire(Editor.save.fn, editor, {})
    with place[1].work() as w:
        (kept,) = list_rules(w)
    assert kept.conditions["of"][1]["of"][1] == {
        "match": "none",
        "of": [{"field": "size", "op": "below", "value": 1250, "currency": "USD"}],
    }
    again = place[0].open(Editor, "/rules")
    await fire(Editor.open_rule.fn, again, str(kept.id))
    await fire(Editor.remove.fn, again, again.conditions[1].key)
    assert [one.place for one in again.conditions] == ["1"]
    for _ in range(4):
        deepest = max(again.conditions, key=lambda one: (one.kind == "group", one.depth))
        await fire(Editor.add.fn, again, "group", deepest.key if deepest.kind == "group" else "")
    assert max(one.depth for one in again.conditions) == 5
    count = len(again.conditions)
    deepest = max((one for one in again.conditions if one.kind == "group"), key=lambda one: one.depth)
    assert deepest.deep
    assert "deeper" in await fire(Editor.add.fn, again, "group", deepest.key)
    assert len(again.conditions) == count


async def test_errors_stand_beside_their_rows(place: tuple[Tab, Home]) -> None:
    editor = await opened(place[0])
    await look(editor)
    assert editor.matches == rule_editor.FILL_IN and not editor.conditions[0].error
    key = editor.conditions[0].key
    await write(editor, key, op="matches", value="(rewe")
    await look(editor)
    assert "can't be used" in editor.conditions[0].error and editor.matches == rule_editor.FILL_IN
    await fire(Editor.add.fn, editor, "condition", "")
    other = editor.conditions[1].key
    await write(editor, other, field="amount", value="12,x")
    await look(editor)
    assert editor.conditions[1].error
    told = await fire(Editor.save.fn, editor, {})
    assert "aria-invalid" in told and editor.shown and editor.actions[0].error == "Choose the category."
    # The preview that was still under way takes no word of it back; a row added since is left in peace.
    await fire(Editor.add.fn, editor, "action")
    await look(editor)
    assert editor.conditions[1].error and [bool(one.error) for one in editor.actions] == [True, False]
    assert editor.form_error == "Some rows aren't finished: look at what is marked."
    await fire(Editor.remove.fn, editor, editor.actions[1].key)
    await write(editor, key, value="(strea|kio)")
    await write(editor, other, value="0")
    await look(editor)
    assert not any(one.error for one in editor.conditions)
    assert editor.matches == "Matches 2 transactions."
    assert "Fill in what is done" in editor.remark
    await fire(Editor.remove.fn, editor, other)
    await look(editor)
    assert [one.key for one in editor.conditions] == [key]


async def test_a_preview_that_was_overtaken_is_dropped(
    place: tuple[Tab, Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow look for what was typed first must not land on top of what was typed last."""
    looked, gate, real = asyncio.Event(), asyncio.Event(), rule_editor.preview_of

    async def slow(*arguments: Any, **more: Any) -> Any:
        found = await real(*arguments, **more)
        looked.set()
        await gate.wait()
        return found

    editor = await opened(place[0])
    key = editor.conditions[0].key
    await write(editor, editor.actions[0].key, do="set_note", value="x")
    await write(editor, key, op="equals", value="str")
    first = editor._edition
    monkeypatch.setattr(rule_editor, "preview_of", slow)
    late = asyncio.create_task(fire(Editor.look.fn, Held(editor), first))
    await looked.wait()
    monkeypatch.setattr(rule_editor, "preview_of", real)
    await write(editor, key, value="streamly")
    assert editor.looking
    await look(editor)
    gate.set()
    await late
    assert editor.matches == "Matches 1 transaction, would change 1." and not editor.looking
    # Nor does one start that is late already.
    await fire(Editor.look.fn, Held(editor), first)
    assert editor.matches == "Matches 1 transaction, would change 1."


async def test_what_keeps_a_rule_from_running_is_said(place: tuple[Tab, Home]) -> None:
    """Once, a rule to a private account showed "0 matched" and nothing else."""
    tab, home = place
    with home.work() as w:
        own = create_account(w, AccountDraft("My own", "checking", "USD", private=True)).id
    editor = await opened(tab)
    key = editor.conditions[0].key
    await write(editor, key, field="account")
    await fire(Editor.toggle.fn, editor, key, str(own))
    await write(editor, editor.actions[0].key, do="set_note", value="x")
    await look(editor)
    assert "private" in editor.problem and not editor.changes
    await fire(Editor.flag.fn, editor, "private", True)
    await look(editor)
    assert editor.problem == "" and editor.matches == "Nothing matches, of 0 transactions."


async def test_fields_set_by_hand_are_matched_but_not_changed(place: tuple[Tab, Home]) -> None:
    tab, home = place
    editor = await opened(tab)
    await write(editor, editor.conditions[0].key, value="stream")
    await write(editor, editor.actions[0].key, value=str(home.categories["Fuel"]))
    await look(editor)
    assert editor.matches == "Matches 1 transaction, would change 0."
    assert "by hand" in editor.remark


async def test_a_split_and_a_link_are_written(place: tuple[Tab, Home]) -> None:
    tab, home = place
    bank_row(home, "Oakwood", -100_01)
    with home.work() as w:
        item = make_recurring(
            w, home.accounts["Checking"], "FREQ=MONTHLY", TODAY, amount=-10_001, mode="confirm"
        ).id
    editor = await opened(tab)
    await write(editor, editor.conditions[0].key, value="oak")
    action = editor.actions[0].key
    await write(editor, action, value=str(home.categories["Groceries"]))
    await write(editor, action, do="split")
    one, other = editor.actions[0].parts
    assert one.category == str(home.categories["Groceries"]), "the category goes along"
    await write(editor, one.key, size="33.5 %", memo="food")
    await write(editor, other.key, category=str(home.categories["Fuel"]), size="66.50")
    await fire(Editor.add.fn, editor, "action", "")
    await write(editor, editor.actions[1].key, do="link_recurring", value=str(item))
    await look(editor)
    (row,) = editor.changes
    assert [field.label for field in row.fields] == ["Category", "Recurring"]
    assert row.fields[0].after == "split: Groceries \u2212$33.50, Fuel \u2212$66.51"
    assert row.fields[1].before == "none" and row.fields[1].after.startswith("Rent, due ")
    await write(editor, other.key, size="66.51")
    await fire(Editor.save.fn, editor, {})
    assert "100" in editor.actions[0].error
    await write(editor, other.key, size="66.5")
    assert "Rule saved" in await fire(Editor.save.fn, editor, {})
    page = tab.open(Page, "/rules")
    await fire(Page.open_apply.fn, page, "")
    await fire(Page.look.fn, page)
    await fire(Page.apply.fn, page)
    with home.work() as w:
        assert get_occurrence(w, item, TODAY).state.value == "paid"


async def test_the_address_opens_a_rule_made_from_a_transaction(place: tuple[Tab, Home]) -> None:
    tab, home = place
    groceries = str(home.categories["Groceries"])
    editor = tab.open(Editor, f"/rules?payee=Streamly&category={groceries}")
    await fire(Editor.arrive.fn, editor)
    assert editor.shown and editor.conditions[0].value == "Streamly" and editor.actions[0].value == groceries
    # The connection is lost and found: the page arrives again, by now at its plain address.
    kept = tab.open(Editor, "/rules")
    await fire(Editor.open_new.fn, kept)
    await write(kept, kept.conditions[0].key, value="half typed")
    await fire(Editor.arrive.fn, kept)
    assert kept.shown and kept.conditions[0].value == "half typed"
    bank = tab.open(Editor, "/rules?text=CARD%20042&category=nonsense")
    await fire(Editor.arrive.fn, bank)
    assert (bank.conditions[0].field, bank.conditions[0].value) == ("bank_text", "CARD 042")
    assert bank.actions[0].value == ""


async def test_forged_events_change_nothing(place: tuple[Tab, Home]) -> None:
    editor = await opened(place[0])
    key, action = editor.conditions[0].key, editor.actions[0].key
    before = editor.conditions, editor.actions
    await write(editor, key, field="do", op="explode", currency="XXX", match="any", category="x", size="1")
    await write(editor, action, do="drop_table", by="magic", field="payee", op="empty")
    await fire(Editor.add.fn, editor, "group", "no such key")
    await fire(Editor.add.fn, editor, "anything", "")
    assert (editor.conditions, editor.actions) == before
    await fire(Editor.flag.fn, editor, "shown", False)
    assert editor.shown


async def test_a_closed_account_stays_readable_in_a_rule(place: tuple[Tab, Home]) -> None:
    tab, home = place
    with home.work() as w:
        rule = make_rule(w, [], [{"do": "make_transfer", "account_id": str(home.accounts["Savings"])}])
        close_account(w, home.accounts["Savings"], TODAY)
        assert "closed" in get_rule(w, rule.id).problem
    editor = tab.open(Editor, "/rules")
    await fire(Editor.open_rule.fn, editor, str(rule.id))
    assert editor.actions[0].value in {one.value for one in editor.open_accounts}


async def test_a_transaction_tells_its_rules_and_leads_to_a_new_one(place: tuple[Tab, Home]) -> None:
    tab, home = place
    row, fuel = bank_row(home, "Oakwood", -80_000), str(home.categories["Fuel"])
    with home.work() as w:
        named = make_rule(w, [], [{"do": "set_category", "category_id": fuel}], name="All to fuel")
        gone = make_rule(w, [], [{"do": "add_tags", "tags": ["x"]}], name="Passing")
        apply_rules(w)
        delete_rule(w, gone.id)
    drawer = tab.open(TransactionEditorState, "/transactions")
    await fire(TransactionEditorState.open_transaction.fn, drawer, row)
    assert [(one.label, one.rule, one.href) for one in drawer.set_by] == [
        ("Category", "All to fuel", f"/rules?open={named.id}"),
        ("Tags", "a rule that is gone", ""),
    ]
    assert drawer.rule_href == f"/rules?payee=Oakwood&category={fuel}"
    # What a person changes then is theirs.
    with home.work() as w:
        categorise_transactions(w, [UUID(row)], home.categories["Groceries"])
    await fire(TransactionEditorState.open_transaction.fn, drawer, row)
    assert [one.field for one in drawer.set_by] == ["tags"]
    await fire(TransactionEditorState.open_new.fn, drawer, "")
    assert (drawer.set_by, drawer.rule_href) == ([], "")
    opened_rule = tab.open(Editor, f"/rules?open={named.id}")
    assert "open_rule" in await fire(Editor.arrive.fn, opened_rule)


async def test_a_selection_becomes_a_rule_of_what_most_have(place: tuple[Tab, Home]) -> None:
    tab, home = place
    ids = [home.record(-100, "Bakery"), home.record(-200, "Bakery"), home.record(-300, "Kiosk")]
    page = tab.open(TransactionsState, "/transactions")
    await fire(TransactionsState.load.fn, page)
    assert await fire(TransactionsState.make_rule.fn, page) == ""
    for one in ids:
        await fire(TransactionsState.toggle.fn, page, one)
    told = await fire(TransactionsState.make_rule.fn, page)
    assert f"/rules?payee=Bakery&category={home.categories['Groceries']}" in told


async def test_a_refusal_stays_until_something_is_changed(place: tuple[Tab, Home]) -> None:
    """The preview that was under way when saving was refused has nothing to say about it."""
    tab, home = place
    editor = await opened(tab)
    key = editor.conditions[0].key
    await write(editor, key, op="equals", value="streamly")
    await write(editor, editor.actions[0].key, do="set_note", value="x")
    assert "Rule saved" in await fire(Editor.save.fn, editor, {})
    with home.work() as w:
        (rule,) = list_rules(w)
    first, second = tab.open(Editor, "/rules"), tab.open(Editor, "/rules")
    for one in (first, second):
        await fire(Editor.open_rule.fn, one, str(rule.id))
        await write(one, one.actions[0].key, value="y")
    assert "Rule saved" in await fire(Editor.save.fn, first, {})
    await fire(Editor.save.fn, second, {})
    refusal = second.form_error
    assert refusal and second.shown
    await look(second)
    assert second.form_error == refusal
    await write(second, second.actions[0].key, value="z")
    assert not second.form_error
