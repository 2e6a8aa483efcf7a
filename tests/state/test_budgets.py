"""The budgets page without a browser: what is typed, moved, covered, filled in and taken back."""

from __future__ import annotations

from uuid import UUID

import pytest

from recaller.services.budgets import list_moves
from recaller.state.budget_dialogs import BudgetDialogState
from recaller.state.budget_setup import BudgetSetupState
from recaller.state.budget_view import BudgetRow
from recaller.state.budgets import BudgetsState
from tests.state.conftest import Tab, fire
from tests.support.ledger_screens import Home

State, Setup, Dialogs = BudgetsState, BudgetSetupState, BudgetDialogState


async def loaded(tab: Tab, path: str = "/budgets") -> BudgetsState:
    page = tab.open(State, path)
    await fire(State.load.fn, page)
    return page


async def a_budget(tab: Tab, kind: str, *chosen: str) -> BudgetsState:
    setup = tab.open(Setup, "/budgets")
    await fire(Setup.open_new.fn, setup, kind)
    form = {"name": "Home", "percents": "80, 100", "anchor": setup.anchor}
    for line in setup.lines:
        if line.name.rpartition(" › ")[2] in chosen:
            form |= {f"line-{line.id}": "on", f"amount-{line.id}": "100"}
    form |= {f"account-{account.id}": "on" for account in setup.accounts}
    answer = await fire(Setup.submit.fn, setup, form)
    assert "Home is ready" in answer, (answer, setup.form_errors, setup.form_error)
    return await loaded(tab)


def rows(page: BudgetsState) -> dict[str, BudgetRow]:
    return {row.name: row for group in page.groups for row in group.rows}


def beside(monkeypatch: pytest.MonkeyPatch, page: BudgetsState) -> None:
    """Let the dialogs find the page's state, as on one page of one tab."""

    async def find(_self: object, _wanted: object) -> BudgetsState:
        return page

    for state in (Dialogs, Setup):
        monkeypatch.setattr(state, "get_state", find)


async def test_without_a_budget_the_page_says_how_to_begin(place: tuple[Tab, Home]) -> None:
    page = await loaded(place[0])
    assert page.is_new and not page.loading


async def test_a_new_budget_is_proposed_from_the_last_months(place: tuple[Tab, Home]) -> None:
    tab, home = place
    with home.work() as w:
        last = w.today.replace(day=1)
    for month in range(1, 4):
        home.record(
            -3_000,
            on=last.replace(
                year=last.year - (last.month - month < 1), month=(last.month - month - 1) % 12 + 1
            ),
        )
    setup = tab.open(Setup, "/budgets")
    await fire(Setup.open_new.fn, setup, "limit")
    first = setup.lines[0]
    assert (first.chosen, first.amount, first.name) == (True, "30.00", "Food › Groceries")
    assert sum(line.chosen for line in setup.lines) == 1


async def test_amounts_are_typed_in_place_with_sums_and_taken_back(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await a_budget(tab, "limit", "Groceries", "Fuel")
    row = rows(page)["Groceries"]
    assert (row.budgeted, row.available) == ("100.00", "$100.00")
    # Nothing new typed: nothing written.
    assert await fire(State.set_amount.fn, page, row.id, "100.00") == ""
    answer = await fire(State.set_amount.fn, page, row.id, "120.50+3")
    assert "Saved" in answer and "undo" in answer
    await fire(State.load.fn, page)
    assert rows(page)["Groceries"].budgeted == "123.50"
    with home.work() as w:
        move = list_moves(w, page_id(page))[0]
    await fire(State.undo.fn, page, str(move.id))
    await fire(State.load.fn, page)
    assert rows(page)["Groceries"].budgeted == "100.00"
    before = page.fields_round
    assert "toast" in await fire(State.set_amount.fn, page, row.id, "12,,x")
    assert page.fields_round == before + 1


def page_id(page: BudgetsState) -> UUID:
    return UUID(page.budget_id)


async def test_a_stale_tab_doesnt_overwrite(place: tuple[Tab, Home]) -> None:
    tab, _ = place
    page = await a_budget(tab, "limit", "Groceries")
    other = await loaded(tab)
    row = rows(page)["Groceries"]
    await fire(State.set_amount.fn, other, row.id, "500")
    assert "changed elsewhere" in await fire(State.set_amount.fn, page, row.id, "600")
    await fire(State.load.fn, page)
    assert rows(page)["Groceries"].budgeted == "500.00"


async def test_envelopes_are_filled_moved_and_covered(
    place: tuple[Tab, Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    tab, home = place
    with home.work() as w:
        today = w.today
    home.record(50_000, category="Salary", on=today)
    home.record(-12_000, on=today)
    page = await a_budget(tab, "envelope", "Groceries", "Fuel")
    assert page.banner.tone == "success"
    row = rows(page)["Groceries"]
    assert (row.overspent, row.state, row.pace, row.available) == (True, "over", "Over", "\u2212$20.00")
    dialog = tab.open(Dialogs, "/budgets")
    beside(monkeypatch, page)
    await fire(Dialogs.open_cover.fn, dialog, row.id)
    assert dialog.dialog == "cover" and dialog.picks[0].value == ""
    fuel = rows(page)["Fuel"].id
    assert "Covered" in await fire(Dialogs.submit_cover.fn, dialog, {"source": fuel})
    await fire(State.load.fn, page)
    assert (rows(page)["Groceries"].available, rows(page)["Fuel"].available) == ("$0.00", "$80.00")
    await fire(Dialogs.open_move.fn, dialog, fuel)
    assert (dialog.source, dialog.target) == (fuel, "")
    await fire(Dialogs.submit_move.fn, dialog, {"source": fuel, "target": fuel, "amount": "5"})
    assert list(dialog.form_errors) == ["target"]
    assert "Moved" in await fire(
        Dialogs.submit_move.fn, dialog, {"source": fuel, "target": "", "amount": "30+10"}
    )
    await fire(State.load.fn, page)
    assert rows(page)["Fuel"].available == "$40.00"


async def test_rollover_template_adding_and_removing(
    place: tuple[Tab, Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    tab, _ = place
    page = await a_budget(tab, "limit", "Groceries")
    dialog = tab.open(Dialogs, "/budgets")
    beside(monkeypatch, page)
    row = rows(page)["Groceries"]
    await fire(Dialogs.open_line.fn, dialog, row.id)
    assert "pool" not in {pick.value for pick in dialog.rollovers}
    await fire(Dialogs.choose_template.fn, dialog, "fixed")
    form = {"rollover": "surplus", "amount": "77"}
    assert "Saved" in await fire(Dialogs.submit_line.fn, dialog, form)
    assert "Templates applied" in await fire(State.fill.fn, page, "templates")
    await fire(State.load.fn, page)
    assert rows(page)["Groceries"].budgeted == "77.00"
    await fire(Dialogs.open_add.fn, dialog)
    fuel = next(pick for pick in dialog.categories if pick.label.endswith("Fuel"))
    assert "Added" in await fire(Dialogs.submit_add.fn, dialog, {"category": fuel.value})
    await fire(State.load.fn, page)
    assert rows(page)["Fuel"].available == "No limit"
    await fire(Dialogs.open_line.fn, dialog, rows(page)["Fuel"].id)
    assert "taken out" in await fire(Dialogs.remove.fn, dialog)
    await fire(State.load.fn, page)
    assert set(rows(page)) == {"Groceries"}
    line = dialog._line
    assert "Back again" in await fire(State.bring_back.fn, page, "line", line)


async def test_settings_and_the_end_of_a_budget(
    place: tuple[Tab, Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    tab, _ = place
    page = await a_budget(tab, "envelope", "Groceries")
    setup = tab.open(Setup, "/budgets")
    beside(monkeypatch, page)
    await fire(Setup.open_settings.fn, setup)
    assert (setup.name, setup.percents) == ("Home", "80, 100")
    assert all(account.chosen for account in setup.accounts)
    await fire(Setup.submit_settings.fn, setup, {"name": "Home", "percents": "x"})
    assert list(setup.form_errors) == ["alert_percents"]
    form = {"name": "Flat", "percents": "90"} | {f"account-{one.id}": "on" for one in setup.accounts}
    assert "Saved" in await fire(Setup.submit_settings.fn, setup, form)
    await fire(State.load.fn, page)
    assert page.name == "Flat"
    await fire(Setup.open_settings.fn, setup)
    assert "removed" in await fire(Setup.remove.fn, setup)
    assert (await loaded(tab)).is_new


async def test_periods_follow_the_address(place: tuple[Tab, Home]) -> None:
    tab, _ = place
    page = await a_budget(tab, "limit", "Groceries")
    assert page.previous == "" and [chip.current for chip in page.strip] == [True, False, False]
    later = await loaded(tab, page.following)
    assert later.previous.endswith(page._start) and later.title != page.title
    nonsense = await loaded(tab, "/budgets?budget=nonsense&on=never")
    assert nonsense.title == page.title
    for day in ("2199-01-01", "9999-12-31"):
        far = await loaded(tab, f"/budgets?on={day}")
        assert not far.loading and "too far ahead" in far.failure
    assert (await loaded(tab)).failure == ""


async def test_the_history_of_changes_tells_and_takes_back(
    place: tuple[Tab, Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    tab, home = place
    with home.work() as w:
        today = w.today
    home.record(50_000, category="Salary", on=today)
    page = await a_budget(tab, "envelope", "Groceries", "Fuel")
    dialog = tab.open(Dialogs, "/budgets")
    beside(monkeypatch, page)
    await fire(Dialogs.open_steps.fn, dialog)
    assert dialog.dialog == "steps" and dialog.steps == []
    fuel, groceries = rows(page)["Fuel"].id, rows(page)["Groceries"].id
    await fire(State.set_amount.fn, page, fuel, "120")
    await fire(Dialogs.open_move.fn, dialog, fuel)
    form = {"source": fuel, "target": groceries, "amount": "20"}
    await fire(Dialogs.submit_move.fn, dialog, form)
    await fire(Dialogs.open_move.fn, dialog, fuel)
    await fire(Dialogs.submit_move.fn, dialog, form | {"target": "", "amount": "1"})
    await fire(Dialogs.open_steps.fn, dialog)
    assert [step.what for step in dialog.steps] == [
        "Moved $1.00: Fuel → Unassigned",
        "Moved $20.00: Fuel → Groceries",
        "Fuel: $100.00 → $120.00",
    ]
    assert "Undone" in await fire(Dialogs.undo_step.fn, dialog, dialog.steps[1].id)
    assert [step.undone for step in dialog.steps] == [False, True, False]
    await fire(State.load.fn, page)
    assert (rows(page)["Groceries"].available, rows(page)["Fuel"].available) == ("$100.00", "$119.00")
    assert "undone already" in await fire(Dialogs.undo_step.fn, dialog, dialog.steps[1].id)
