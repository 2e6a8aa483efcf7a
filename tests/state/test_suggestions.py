"""Suggestions on screen: found, confirmed, edited first, dismissed, and each taken back; nobody else's are reached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from recaller.services import identity
from recaller.services.recurring import list_recurring, occurrence_history
from recaller.services.recurring.suggesting import look_for_patterns
from recaller.state.recurring_editor import RecurringEditorState
from recaller.state.suggestions import SuggestionsState
from tests.state.conftest import Tab, fire
from tests.state.test_recurring_pages import filled
from tests.support.ledger_screens import Home, furnish

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]
Page, Editor = SuggestionsState, RecurringEditorState


@pytest.fixture
def place(new_tab: NewTab) -> tuple[Tab, Home]:
    tab, signed = new_tab()
    home = furnish(signed)
    with home.work() as w:
        today = w.today
    for back in range(1, 13):
        at = today.year * 12 + today.month - 1 - back
        home.record(-1599, "Streamly", on=date(at // 12, at % 12 + 1, 7))
    with home.work() as w:
        look_for_patterns(w)
    return tab, home


async def opened(tab: Tab) -> SuggestionsState:
    page = tab.open(Page, "/recurring?tab=suggestions")
    await fire(Page.load.fn, page)
    assert not page.loading
    return page


async def test_a_suggestion_says_what_was_found(place: tuple[Tab, Home]) -> None:
    page = await opened(place[0])
    (one,) = page.suggestions
    assert (one.name, one.amount, one.about, one.is_price) == ("Streamly", "−$15.99", False, False)
    assert "7th" in one.schedule and one.evidence.startswith("12 payments since")
    assert one.detail.startswith("Checking") and one.confidence == "Sure" and len(one.payments) == 4


async def test_confirming_makes_it_recur_with_its_history(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await opened(tab)
    known = page.suggestions[0].id
    said = await fire(Page.confirm.fn, page, known)
    assert "Streamly recurs now" in said and "undo_confirm" in said
    with home.work() as w:
        (view,) = list_recurring(w)
        history = occurrence_history(w, view.id)
    assert (view.amount, len([one for one in history if one.settled])) == (-1599, 12)
    await fire(Page.load.fn, page)
    assert not page.suggestions
    assert "Taken back" in await fire(Page.undo_confirm.fn, page, known, [str(view.id)])
    await fire(Page.load.fn, page)
    assert [one.id for one in page.suggestions] == [known]
    with home.work() as w:
        assert not list_recurring(w)


async def test_edited_first_it_is_confirmed_as_edited(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await opened(tab)
    editor = tab.open(Editor, "/recurring")
    await fire(Editor.open_suggestion.fn, editor, page.suggestions[0].id)
    assert (editor.shown, editor.amount, editor.plan.name, editor.past_words) == (
        True,
        "15.99",
        "Streamly",
        "",
    )
    assert "recurs now" in await fire(Editor.submit.fn, editor, filled(editor, name="Films", tags="fun"))
    await fire(Page.load.fn, page)
    assert not page.suggestions
    with home.work() as w:
        (view,) = list_recurring(w)
    assert (view.name, view.tags) == ("Films", ("fun",))


async def test_what_is_dismissed_stays_away_until_it_is_taken_back(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await opened(tab)
    known = page.suggestions[0].id
    assert "won't be suggested again" in await fire(Page.dismiss.fn, page, known)
    with home.work() as w:
        look_for_patterns(w)
    await fire(Page.load.fn, page)
    assert not page.suggestions
    await fire(Page.restore.fn, page, known)
    await fire(Page.load.fn, page)
    assert [one.id for one in page.suggestions] == [known]


async def test_a_look_is_asked_for_once_and_followed(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await opened(tab)
    await fire(Page.look.fn, page)
    await fire(Page.look.fn, page)
    assert page.percent >= 0
    with home.work() as w:
        assert len(w.rows("SELECT 1 FROM job WHERE kind = 'recurring.detect'")) == 1
    await fire(Page.follow.fn, page)
    assert page.percent >= 0
    with home.work() as w:
        w.run("UPDATE job SET status = 'done', finished_at = now() WHERE kind = 'recurring.detect'")
    assert "Looked through" in await fire(Page.follow.fn, page)
    assert page.percent == -1


async def test_another_household_decides_nothing(place: tuple[Tab, Home], new_tab: NewTab) -> None:
    known = (await opened(place[0])).suggestions[0].id
    stranger, _ = new_tab("eve@example.org")
    page = stranger.open(Page, "/recurring")
    await fire(Page.load.fn, page)
    assert not page.suggestions
    for handler in (Page.confirm, Page.dismiss, Page.restore):
        assert "error" in await fire(handler.fn, page, known)
    assert "error" in await fire(Page.undo_confirm.fn, page, known, [known])
    editor = stranger.open(Editor, "/recurring")
    await fire(Editor.open_suggestion.fn, editor, known)
    assert not editor.shown
    assert [one.id for one in (await opened(place[0])).suggestions] == [known]
