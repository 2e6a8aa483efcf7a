"""Recurring transactions on screen: the editor, calendar and list, single dates, two tabs at once, other households."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from recaller.domain.recurrence import Frequency, Recurrence
from recaller.infra.work import work
from recaller.services import identity
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.recurring import (
    RecurringDraft,
    RecurringView,
    create_recurring,
    draft_of,
    edit_recurring,
    get_recurring,
    list_recurring,
    pause_recurring,
    upcoming,
)
from recaller.services.recurring.marks import recurring_of_transactions
from recaller.services.transactions import Part
from recaller.state.occurrence import OccurrenceState
from recaller.state.recurring import RecurringState
from recaller.state.recurring_detail import RecurringDetailState
from recaller.state.recurring_editor import RecurringEditorState
from tests.state.conftest import Tab, fire
from tests.support.ledger_screens import Home
from tests.support.people import joined

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]
Editor, Page, Detail, Dialog = RecurringEditorState, RecurringState, RecurringDetailState, OccurrenceState


def plan(home: Home, name: str = "Rent", amount: int = -95000, **more: Any) -> RecurringView:
    """Make a recurring transaction on Checking, monthly from today on if nothing else is said."""
    with home.work() as w:
        start = more.pop("start", w.today)
        recurrence = more.pop("recurrence", None) or Recurrence(start, Frequency.MONTHLY)
        account = home.accounts[more.pop("account", "Checking")]
        return create_recurring(w, RecurringDraft(name, account, amount, recurrence, **more))


def stored(home: Home) -> tuple[RecurringView, ...]:
    with home.work() as w:
        return list_recurring(w, ended=True)


def filled(page: RecurringEditorState, **changes: Any) -> dict[str, Any]:
    """Return what the browser sends of the form as it stands, with these fields changed."""
    form: dict[str, Any] = {
        "name": page.plan.name,
        "amount": page.amount,
        "amount_kind": page.amount_kind,
        "percent": page.plan.percent,
        "tolerance": page.plan.tolerance,
        "account": page.account_id,
        "to_account": page.to_account_id,
        "to_amount": page.to_amount,
        "payee": page.payee_id,
        "payee_text": page.payee,
        "category": page.category_id,
        "category_text": page.category,
        "mode": page.mode,
        "reminders": page.reminders,
        "lead_days": page.plan.lead_days,
        "note": page.note,
        "tags": page.tags,
        "from_on": page.from_on,
    }
    for line in page.splits:
        form |= {
            f"split_category_{line.key}": line.category_id,
            f"split_amount_{line.key}": line.amount,
            f"split_memo_{line.key}": line.memo,
        }
    return form | changes


async def opened(tab: Tab, recurring_id: object = "") -> RecurringEditorState:
    page = tab.open(Editor, "/recurring")
    if recurring_id:
        await fire(Editor.open_recurring.fn, page, str(recurring_id))
    else:
        await fire(Editor.open_new.fn, page, "expense")
    assert page.shown
    return page


async def change(page: RecurringEditorState, **fields: str) -> None:
    for name, value in fields.items():
        await fire(Editor.change_pattern.fn, page, name, value)


async def test_a_bill_on_the_31st_is_made(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await opened(tab)
    await change(page, start="2030-01-31")
    assert page.pattern.day == "31" and "31st" in page.summary
    assert page.dates == ["Jan 31, 2030", "Feb 28, 2030", "Mar 31, 2030", "Apr 30, 2030", "May 31, 2030"]
    form = filled(page, name="Rent", amount="900+50", category=str(home.categories["Groceries"]), tags="home")
    said = await fire(Editor.submit.fn, page, form)
    assert "Rent added" in said and "undo_create" in said and not page.shown
    (view,) = stored(home)
    assert (view.name, view.amount, view.currency, view.tags) == ("Rent", -95000, "USD", ("home",))
    assert (view.recurrence.month_day, view.recurrence.start) == (31, date(2030, 1, 31))
    assert (view.mode, view.amount_kind, view.lead_days) == ("auto", "fixed", None)
    await fire(Editor.undo_create.fn, page, str(view.id))
    assert not stored(home)


async def test_the_full_shape_survives_the_editor(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await opened(tab)
    await fire(Editor.type_amount.fn, page, "100")
    await fire(Editor.start_split.fn, page)
    first, second = (line.key for line in page.splits)
    await fire(Editor.choose_line_category.fn, page, first, str(home.categories["Groceries"]))
    await fire(Editor.type_line_amount.fn, page, first, "60")
    await fire(Editor.give_rest.fn, page, second)
    for name, value in (("amount_kind", "estimated"), ("mode", "confirm"), ("reminders", "days")):
        await fire(Editor.choose_option.fn, page, name, value)
    await change(page, unit="week", every="2", ends="after", count="6", shift="before", start="2030-03-01")
    await fire(Editor.toggle_weekday.fn, page, "0")
    form = filled(
        page,
        name="Box",
        amount="100",
        percent="15",
        tolerance="2.50",
        lead_days="1, 7",
        payee_text="Farm",
        note="n",
    )
    assert "added" in await fire(Editor.submit.fn, page, form), (page.form_errors, page.form_error)
    (view,) = stored(home)
    assert sorted(part.amount for part in view.parts) == [-6000, -4000]
    assert (view.amount_kind, view.tolerance_percent, view.tolerance_minor) == ("estimated", 15, 250)
    assert (view.mode, view.lead_days, view.payee) == ("confirm", (7, 1), "Farm")
    assert (view.recurrence.frequency, view.recurrence.interval, view.recurrence.count) == (
        Frequency.WEEKLY,
        2,
        6,
    )

    again = await opened(tab, view.id)
    assert "saved" in await fire(Editor.submit.fn, again, filled(again))
    (same,) = stored(home)
    with home.work() as w:
        assert draft_of(same) == draft_of(view) and get_recurring(w, view.id).version > view.version


async def test_a_transfer_across_currencies(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await opened(tab)
    await fire(Editor.choose_kind.fn, page, "transfer")
    await fire(Editor.choose_account.fn, page, str(home.accounts["Checking"]))
    await fire(Editor.choose_to_account.fn, page, str(home.accounts["Giro"]))
    assert (page.currency, page.to_currency) == ("USD", "EUR")
    assert "added" in await fire(Editor.submit.fn, page, filled(page, amount="100", to_amount="90"))
    (view,) = stored(home)
    assert (view.shape, view.amount, view.target_amount, view.name) == ("transfer", 10000, 9000, "Transfer")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "much"}, "amount"), ({"amount": "0"}, "amount"), ({"account": ""}, "account"),
        ({"name": "", "payee_text": "", "note": ""}, "name"),
        ({"percent": "200", "amount_kind": "estimated"}, "percent"),
        ({"tolerance": "-1", "amount_kind": "estimated"}, "tolerance"),
        ({"lead_days": "x", "reminders": "days"}, "lead_days"),
        ({"lead_days": "900", "reminders": "days"}, "lead_days"),
    ],
)  # fmt: skip
async def test_wrong_input_is_named_under_its_field(
    place: tuple[Tab, Home], changes: dict[str, str], field: str
) -> None:
    page = await opened(place[0])
    await fire(Editor.submit.fn, page, filled(page, **({"amount": "5", "name": "Rent"} | changes)))
    assert list(page.form_errors) == [field] and page.shown and not page.busy
    assert not stored(place[1])


@pytest.mark.parametrize("form", [None, "text", [], {"amount": ["5"]}, {"amount": "5", "account": {"x": 1}}])
async def test_what_is_no_form_changes_nothing(place: tuple[Tab, Home], form: Any) -> None:
    page = await opened(place[0])
    await fire(Editor.submit.fn, page, form)
    assert not stored(place[1])


async def test_dates_in_the_past_are_announced(place: tuple[Tab, Home]) -> None:
    tab, home = place
    with home.work() as w:
        today = w.today
    page = await opened(tab)
    assert page.past_words == ""
    await change(page, unit="day", start=(today - timedelta(days=3)).isoformat())
    assert page.past_words.startswith("3 dates lie in the past and will be posted")
    await fire(Editor.choose_option.fn, page, "mode", "confirm")
    assert "wait to be confirmed" in page.past_words


async def test_two_tabs_that_edit_the_same_one(place: tuple[Tab, Home]) -> None:
    tab, home = place
    view = plan(home)
    mine, theirs = await opened(tab, view.id), await opened(tab, view.id)
    assert "saved" in await fire(Editor.submit.fn, theirs, filled(theirs, amount="900"))
    await fire(Editor.submit.fn, mine, filled(mine, amount="800"))
    assert mine.shown and mine.conflict and mine.form_error
    assert stored(home)[0].amount == -90000
    await fire(Editor.reload.fn, mine)
    assert (mine.amount, mine.form_error, mine.conflict) == ("900.00", "", False)
    assert "saved" in await fire(Editor.submit.fn, mine, filled(mine, amount="800"))
    assert stored(home)[0].amount == -80000


async def test_an_edit_is_undone_unless_somebody_was_faster(place: tuple[Tab, Home]) -> None:
    tab, home = place
    view = plan(home)
    page = await opened(tab, view.id)
    await fire(Editor.submit.fn, page, filled(page, amount="900", name="Flat"))
    changed = stored(home)[0]
    assert "undone" in await fire(Editor.undo_edit.fn, page, str(view.id), changed.version)
    assert (stored(home)[0].amount, stored(home)[0].name) == (-95000, "Rent")

    await fire(Editor.open_recurring.fn, page, str(view.id))
    await fire(Editor.submit.fn, page, filled(page, amount="700"))
    version = stored(home)[0].version
    with home.work() as w:
        edit_recurring(w, view.id, draft_of(stored(home)[0]), version=version)
    await fire(Editor.undo_edit.fn, page, str(view.id), version)
    assert stored(home)[0].amount == -70000


async def test_change_from_here_on_keeps_what_was_before(place: tuple[Tab, Home]) -> None:
    tab, home = place
    with home.work() as w:
        today = w.today
    view = plan(home, start=today + timedelta(days=10))
    on = today + timedelta(days=60)
    page = tab.open(Editor, f"/recurring/{view.id}")
    await fire(Editor.open_from_here.fn, page, str(view.id), on.isoformat())
    assert page.from_here and page.from_on == on.isoformat()
    said = await fire(Editor.submit.fn, page, filled(page, amount="1000"))
    assert "changes from then on" in said, (page.form_errors, page.form_error)
    with home.work() as w:
        amounts = {
            one.due_date >= on: one.expected_amount for one in upcoming(w, today, on + timedelta(days=90))
        }
    assert amounts == {False: -95000, True: -100000}


async def test_make_recurring_from_a_transaction(place: tuple[Tab, Home]) -> None:
    tab, home = place
    with home.work() as w:
        today = w.today
    booked = home.record(-1599, "Streamly", on=date(2026, 1, 31), note="family", tags=("fun",))
    page = tab.open(Editor, "/transactions")
    await fire(Editor.open_from.fn, page, booked)
    assert page.shown and page.is_new and page.title == "Make recurring"
    assert (page.plan.name, page.amount, page.payee, page.tags) == ("Streamly", "15.99", "Streamly", "fun")
    assert page.pattern.day == "31" and date.fromisoformat(page.pattern.start) >= today
    assert page.past_words == ""
    assert "added" in await fire(Editor.submit.fn, page, filled(page))
    (view,) = stored(home)
    assert (view.amount, view.category_id) == (-1599, home.categories["Groceries"])


async def test_the_calendar_shows_what_falls_on_each_day(place: tuple[Tab, Home]) -> None:
    tab, home = place
    with home.work() as w:
        today = w.today
    for number in range(5):
        plan(home, f"Bill {number}", -100 * (number + 1), start=today)
    page = tab.open(Page, "/recurring")
    await fire(Page.load.fn, page)
    (day,) = [day for week in page.weeks for day in week.days if day.iso == today.isoformat()]
    assert day.today and day.entry and "today" in day.spoken and "5 items" in day.spoken
    assert [item.title for item in day.every] == [f"Bill {number}" for number in range(5)]
    assert (len(day.items), day.more) == (2, "+3 more")
    await fire(Page.open_day.fn, page, today.isoformat())
    assert page.day_shown and len(page.day_items) == 5
    sums = {one.currency: one.out for one in page.month_sums}
    assert sums == {"USD": "−$15.00"}
    assert "month=" in await fire(Page.next_month.fn, page)


async def test_a_single_date_is_skipped_posted_and_taken_back(place: tuple[Tab, Home]) -> None:
    tab, home = place
    with home.work() as w:
        due = w.today + timedelta(days=5)
    view = plan(home, start=due)
    key = f"{view.id}_{due.isoformat()}"
    box = tab.open(Dialog, "/recurring")
    await fire(Dialog.open_occurrence.fn, box, key)
    assert (box.shown, box.state, box.can_post, box.can_skip, box.ahead) == (
        True,
        "upcoming",
        True,
        True,
        True,
    )
    assert "Rent skipped" in await fire(Dialog.skip.fn, box, key) and not box.shown
    await fire(Dialog.open_occurrence.fn, box, key)
    assert (box.state, box.can_unskip, box.can_post) == ("skipped", True, False)
    await fire(Dialog.unskip.fn, box, key)
    await fire(Dialog.open_occurrence.fn, box, key)
    assert box.state == "upcoming"

    said = await fire(Dialog.submit.fn, box, {"amount": "951.25", "on": box.on_value})
    assert "posted" in said and not box.shown, (box.form_errors, box.form_error)
    with home.work() as w:
        (row,) = w.rows("SELECT id, amount, date FROM transaction")
        assert recurring_of_transactions(w, [row.id]) == {row.id: view.id}
    assert row.amount == -95125
    await fire(Dialog.open_occurrence.fn, box, key)
    assert box.can_undo and box.transaction_id == str(row.id)
    await fire(Dialog.undo.fn, box, key)
    with home.work() as w:
        assert not w.rows("SELECT 1 FROM transaction")


@pytest.mark.parametrize(
    ("form", "field"),
    [({"amount": "-5"}, "amount"), ({"amount": "x"}, "amount"), ({"on": "yesterday"}, "on")],
)
async def test_a_wrong_amount_or_day_is_named(
    place: tuple[Tab, Home], form: dict[str, str], field: str
) -> None:
    tab, home = place
    view = plan(home)
    box = tab.open(Dialog, "/recurring")
    await fire(Dialog.open_occurrence.fn, box, f"{view.id}_{view.recurrence.start.isoformat()}")
    await fire(Dialog.submit.fn, box, {"amount": "5", "on": "2026-11-01"} | form)
    assert list(box.form_errors) == [field] and box.shown and not box.busy


@pytest.mark.parametrize(
    "key", ["", "x", None, 5, "_2026-01-01", "00000000-0000-0000-0000-000000000000_x", "a" * 999]
)
async def test_a_made_up_key_opens_nothing(place: tuple[Tab, Home], key: Any) -> None:
    box = place[0].open(Dialog, "/recurring")
    for handler in (Dialog.open_occurrence, Dialog.skip, Dialog.unskip, Dialog.undo):
        assert "error" in await fire(handler.fn, box, key) or box.form_errors
    assert not box.shown


async def test_the_list_has_parts_totals_and_paused_ones(place: tuple[Tab, Home]) -> None:
    tab, home = place
    plan(home)
    plan(home, "Gym", -1200, recurrence=Recurrence(date(2030, 1, 1), Frequency.WEEKLY))
    plan(home, "Salary", 300000)
    paused = plan(home, "Paper", -500)
    plan(home, "Saving", 5000, target_id=home.accounts["Savings"])
    plan(home, "Euros", -700, account="Giro")
    with home.work() as w:
        pause_recurring(w, paused.id)
    page = tab.open(Page, "/recurring")
    await fire(Page.load.fn, page)
    parts = {group.key: [item.name for item in group.items] for group in page.groups}
    assert set(parts) == {"bills", "income", "transfers"} and set(parts["bills"]) == {
        "Rent",
        "Gym",
        "Paper",
        "Euros",
    }
    items = {item.name: item for group in page.groups for item in group.items}
    assert (items["Paper"].state_label, items["Paper"].next) == ("Paused", "")
    assert items["Gym"].monthly == "$52.18 a month" and items["Rent"].monthly == ""
    assert items["Saving"].detail == "Checking → Savings" and items["Saving"].amount == "$50.00"
    totals = {one.currency: one for one in page.totals}
    assert set(totals) == {"USD", "EUR"}
    assert (totals["USD"].monthly_out, totals["USD"].monthly_in) == ("−$1,002.18", "+$3,000.00")


async def test_the_page_of_one_item_pauses_resumes_and_deletes(place: tuple[Tab, Home]) -> None:
    tab, home = place
    view = plan(home)
    page = tab.open(Detail, f"/recurring/{view.id}")
    await fire(Detail.load.fn, page)
    assert (page.name, page.amount, page.standing_label, page.failure) == ("Rent", "−$950.00", "Active", "")
    assert page.next_key and page.ahead
    await fire(Detail.pause.fn, page)
    await fire(Detail.load.fn, page)
    assert page.paused and page.next == ""
    await fire(Detail.resume.fn, page)
    said = await fire(Detail.delete.fn, page)
    assert "Rent deleted" in said and "restore" in said and not stored(home)
    await fire(Detail.restore.fn, page, str(view.id))
    assert stored(home)[0].name == "Rent"


async def test_another_household_reaches_nothing(place: tuple[Tab, Home], new_tab: NewTab) -> None:
    _, home = place
    view = plan(home)
    key = f"{view.id}_{view.recurrence.start.isoformat()}"
    stranger, _ = new_tab("eve@example.org")
    detail = stranger.open(Detail, f"/recurring/{view.id}")
    await fire(Detail.load.fn, detail)
    assert detail.failure and not detail.name
    detail.item_id = str(view.id)
    for handler in (Detail.pause, Detail.resume, Detail.delete):
        assert "error" in await fire(handler.fn, detail)
    assert "error" in await fire(Detail.restore.fn, detail, str(view.id))
    editor = stranger.open(Editor, "/recurring")
    for handler in (Editor.open_recurring, Editor.open_from_here, Editor.undo_create):
        assert "error" in await fire(handler.fn, editor, str(view.id))
    assert "error" in await fire(Editor.open_from.fn, editor, home.record(-100))
    box = stranger.open(Dialog, "/recurring")
    for handler in (Dialog.open_occurrence, Dialog.skip, Dialog.undo):
        assert "error" in await fire(handler.fn, box, key)
    page = stranger.open(Page, "/recurring")
    await fire(Page.load.fn, page)
    assert page.is_empty and not page.groups
    (same,) = stored(home)
    assert same.version == view.version and UUID(str(same.id)) == view.id


async def test_what_is_private_to_another_member_is_not_shown(
    place: tuple[Tab, Home], new_tab: NewTab
) -> None:
    _, home = place
    plan(home, "Shared")
    with home.work() as w:
        secret = create_account(w, AccountDraft("Mine", "checking", "USD", private=True)).id
        create_recurring(w, RecurringDraft("Present", secret, -2000, Recurrence(w.today, Frequency.MONTHLY),
                                           parts=(Part(None, -2000),)))  # fmt: skip
    guest_tab, guest = new_tab("bob@example.org")
    bob = joined(home.signed, guest, "bob@example.org")
    with work(bob.scope()) as w:
        assert {one.name for one in list_recurring(w)} in ({"Shared"}, set())
    page = guest_tab.open(Page, "/recurring")
    await fire(Page.load.fn, page)
    names = {item.name for group in page.groups for item in group.items}
    assert "Present" not in names
