"""The centre: newest first, in pages that inserts don't shift, read once, everybody's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from recaller.core.errors import NotFound, ValidationFailed
from recaller.core.scope import Scope
from recaller.infra.work import work
from recaller.services.notifications import (
    Notice,
    PreferenceChange,
    count_unread,
    forget_old_notifications,
    list_notifications,
    mark_all_read,
    mark_read,
    notify,
    save_preference,
)
from tests.support.households import Household

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def tell(scope: Scope, *numbers: int, kind: str = "bill.posted", now: datetime = NOON) -> None:
    for number in numbers:
        at = now + timedelta(minutes=number // 2)
        with work(scope, clock=lambda at=at: at) as w:  # type: ignore[misc]
            notify(
                w, Notice(kind, f"{number}", now.date(), f"Notice {number}", "", "/", scope.shared_space_id)
            )


def titles(scope: Scope, cursor: str | None = None, **options: bool) -> tuple[list[str], str | None]:
    with work(scope, read_only=True) as w:
        page = list_notifications(w, limit=3, cursor=cursor, **options)
    return [one.title for one in page.items], page.next_cursor


def test_pages_are_stable_while_more_comes(household: Household) -> None:
    scope = household.scope
    tell(scope, *range(7))
    first, cursor = titles(scope)
    tell(scope, 20)
    second, cursor = titles(scope, cursor)
    third, cursor = titles(scope, cursor)
    assert (first, second, third) == (
        ["Notice 6", "Notice 5", "Notice 4"], ["Notice 3", "Notice 2", "Notice 1"], ["Notice 0"],
    )  # fmt: skip
    assert cursor is None
    for wrong in ("x", "WyJhIiwiYiJd"):
        with pytest.raises(ValidationFailed):
            titles(scope, wrong)


def test_reading(household: Household, new_household: Callable[..., Household]) -> None:
    scope = household.scope
    tell(scope, 1, 2, 3)
    with work(scope) as w:
        assert count_unread(w) == 3
        wanted = list_notifications(w).items[0]
        read = mark_read(w, wanted.id)
        assert read.read_at is not None
        assert mark_read(w, wanted.id).read_at == read.read_at
        assert count_unread(w) == 2
    assert titles(scope, unread_only=True)[0] == ["Notice 2", "Notice 1"]
    stranger = new_household("Birch").scope
    with work(stranger) as w:
        assert mark_all_read(w) == 0
        with pytest.raises(NotFound):
            mark_read(w, wanted.id)
    with work(scope) as w:
        assert mark_all_read(w) == 2
        assert (count_unread(w), mark_all_read(w)) == (0, 0)


def test_unwanted_kinds_do_not_show(household: Household) -> None:
    with work(household.scope) as w:
        save_preference(w, "bill.posted", PreferenceChange(in_app=False))
    tell(household.scope, 1)
    tell(household.scope, 2, kind="bill.missed")
    assert titles(household.scope)[0] == ["Notice 2"]
    with work(household.scope) as w:
        assert count_unread(w) == 1


def test_old_ones_are_forgotten_unread_ones_after_a_year(household: Household) -> None:
    scope = household.scope
    old = NOON - timedelta(days=200)
    tell(scope, 1, 2, now=old)
    tell(scope, 3)
    with work(scope, clock=lambda: old + timedelta(days=1)) as w:
        mark_read(w, next(one for one in list_notifications(w).items if one.title == "Notice 1").id)
    with work(scope, clock=lambda: old + timedelta(days=91)) as w:
        assert forget_old_notifications(w) == 0
    with work(scope, clock=lambda: NOON) as w:
        assert forget_old_notifications(w) == 1
    assert titles(scope)[0] == ["Notice 3", "Notice 2"]
    for days, gone in ((365, 0), (367, 1), (367, 0)):
        with work(scope, clock=lambda days=days: old + timedelta(days=days)) as w:  # type: ignore[misc]
            assert forget_old_notifications(w) == gone
    assert titles(scope)[0] == ["Notice 3"]
