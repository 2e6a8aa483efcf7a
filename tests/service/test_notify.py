"""Telling people: once, everybody who may know and nobody else, over the channels that they chose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from recaller.core.scope import Scope
from recaller.infra.work import work
from recaller.services.identity import MemberChange, change_member
from recaller.services.notifications import Notice, lead_days_of, notify, notify_all
from recaller.settings import Settings, override_settings
from tests.support.households import Household
from tests.support.people import joined, sign_up_person, who

DAY = date(2026, 11, 24)


def notice(space: UUID, thing: str = "bill:1:0", kind: str = "bill.reminder", **more: Any) -> Notice:
    return Notice(kind, thing, more.pop("on", DAY), "Rent is due", "900.00 on Tuesday", "/recurring", space)


def everything(scope: Scope) -> Scope:
    """The household's system scope: all of its spaces."""
    with work(scope) as w:
        spaces = w.rows("SELECT id FROM space WHERE tenant_id = :tenant", tenant=scope.tenant_id)
    return replace(scope, user_id=None, private_space_id=None, space_ids=tuple(space.id for space in spaces))


@pytest.fixture
def couple(database: Settings) -> tuple[Scope, Scope, Scope]:
    """Ann, Bob, and the system scope of their household."""
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    bobs = joined(ann, bob, "bob@example.org").scope()
    return who(ann).scope(), replace(bobs, user_id=who(bob).user_id), everything(who(ann).scope())


def told(scope: Scope) -> list[Any]:
    with work(scope) as w:
        return list(w.rows("SELECT user_id, kind, thing, title, href, hidden FROM notification"))


def test_everybody_is_told_once(couple: tuple[Scope, Scope, Scope]) -> None:
    ann, bob, system = couple
    for expected in (2, 0, 0):
        with work(system) as w:
            assert notify(w, notice(ann.shared_space_id)) == expected
    with work(system) as w:
        assert notify(w, notice(ann.shared_space_id, "bill:1:3")) == 2
        assert notify(w, notice(ann.shared_space_id, on=date(2026, 12, 24))) == 2
    assert {row.user_id for row in told(ann)} == {ann.user_id}
    assert {row.user_id for row in told(bob)} == {bob.user_id}
    assert len(told(ann)) == 3


def test_a_private_thing_is_told_to_its_owner_only(couple: tuple[Scope, Scope, Scope]) -> None:
    ann, bob, system = couple
    assert ann.private_space_id
    with work(system) as w:
        assert notify(w, notice(ann.private_space_id)) == 1
        assert notify(w, notice(ann.private_space_id, "other"), users=[ann.user_id, bob.user_id]) == 1
        assert notify(w, notice(ann.private_space_id, "third"), users=[bob.user_id]) == 0
    assert told(bob) == []
    assert len(told(ann)) == 2


def test_who_may_not_enter_is_told_nothing(couple: tuple[Scope, Scope, Scope]) -> None:
    ann, bob, system = couple
    assert bob.user_id and ann.user_id
    with work(ann) as w:
        change_member(w, bob.user_id, MemberChange(active=False))
    with work(system) as w:
        assert notify(w, notice(ann.shared_space_id)) == 1
        assert lead_days_of(w, "bill.reminder") == {ann.user_id: (3, 0)}


def test_another_household_hears_nothing(
    household: Household, new_household: Callable[..., Household]
) -> None:
    other = new_household("Birch")
    with work(household.scope) as w:
        assert notify(w, notice(household.scope.shared_space_id)) == 1
        assert notify(w, notice(other.scope.shared_space_id)) == 0
    assert told(other.scope) == []


def test_what_is_told_is_one_line_of_text(household: Household) -> None:
    hostile = Notice(
        "bill.reminder",
        "x",
        DAY,
        "<script>\r\nBcc: all@example.org\x00",
        "a\u2028b",
        "/",
        household.scope.shared_space_id,
    )
    with work(household.scope) as w:
        notify(w, hostile)
    assert [row.title for row in told(household.scope)] == ["<script> Bcc: all@example.org"]


def test_a_member_may_not_write_into_another_members_space(couple: tuple[Scope, Scope, Scope]) -> None:
    ann, _, _ = couple
    with pytest.raises(AssertionError, match="sees the receivers"), work(ann) as w:
        notify(w, notice(ann.shared_space_id))
    with work(ann) as w:
        assert notify(w, notice(ann.shared_space_id), users=[ann.user_id]) == 1


def test_deliveries_wait_only_where_mail_is_set_up(
    couple: tuple[Scope, Scope, Scope], database: Settings
) -> None:
    ann, _, system = couple
    with work(system) as w:
        notify(w, notice(ann.shared_space_id))
        assert w.rows("SELECT 1 FROM notification_delivery") == []
    mail = database.model_copy(update={"smtp_host": "127.0.0.1", "smtp_from": "r@example.org"})
    with override_settings(mail), work(system) as w:
        notices = [
            notice(ann.shared_space_id, f"bill:{n}:0", kind)
            for n in (2, 3)
            for kind in ("bill.reminder", "bill.posted")
        ]
        assert notify_all(w, notices) == 8
        rows = w.rows("SELECT kind, thing, count(*) AS n FROM notification_delivery GROUP BY 1, 2 ORDER BY 2")
    assert [tuple(row) for row in rows] == [
        ("bill.reminder", "bill:2:0", 2),
        ("bill.reminder", "bill:3:0", 2),
    ]
