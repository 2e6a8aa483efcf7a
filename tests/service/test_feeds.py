"""Calendar feeds: whom an address belongs to, and that it ends with a new one, a revocation or the membership."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from recaller.core.errors import Forbidden
from recaller.core.scope import Role, Source
from recaller.infra.work import work
from recaller.services import identity
from recaller.services.feeds import FeedNotFound, close_feed, get_feed, open_feed, scope_of_feed
from recaller.services.identity import MemberChange, change_member, remove_member
from recaller.settings import Settings, libpq_url
from tests.support.households import Household
from tests.support.people import joined, sign_up_person, who


def test_an_address_opens_what_its_owner_sees(household: Household) -> None:
    with work(household.scope) as w:
        assert get_feed(w) is None
        token = open_feed(w).token
    scope = scope_of_feed(token)
    assert (scope.tenant_id, scope.user_id) == (household.tenant_id, household.user_id)
    assert set(scope.space_ids) == set(household.scope.space_ids)
    assert (scope.source, scope.super_admin, scope.session_id) == (Source.SYSTEM, False, None)


def test_the_secret_is_nowhere_in_the_database(household: Household) -> None:
    with work(household.scope) as w:
        token = open_feed(w).token
        stored = str(w.rows("SELECT to_jsonb(f)::text AS feed FROM calendar_feed f"))
        w.run("SELECT 1")
    with work(household.scope) as w:
        stored += str(w.rows("SELECT to_jsonb(e)::text AS event FROM audit_event e"))
    assert token not in stored and token[-30:] not in stored


def test_a_new_address_ends_the_old_one(household: Household) -> None:
    with work(household.scope) as w:
        old = open_feed(w).token
    with work(household.scope) as w:
        new = open_feed(w).token
    assert scope_of_feed(new).user_id == household.user_id
    with pytest.raises(FeedNotFound):
        scope_of_feed(old)


def test_a_revoked_address_ends_at_once(household: Household) -> None:
    with work(household.scope) as w:
        token = open_feed(w).token
    with work(household.scope) as w:
        close_feed(w)
        assert get_feed(w) is None
    with pytest.raises(FeedNotFound):
        scope_of_feed(token)
    with work(household.scope) as w:
        close_feed(w)


@pytest.mark.parametrize("mangle", [
    lambda token: "", lambda token: "x", lambda token: token[:-1], lambda token: token + "A",
    lambda token: token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"), lambda token: "é" * len(token),
    lambda token: "A" * len(token), lambda token: token[:43] + token[:43], lambda token: token.replace(token[5], "!"),
])  # fmt: skip
def test_any_other_address_is_nobodys(household: Household, mangle: Callable[[str], str]) -> None:
    with work(household.scope) as w:
        token = open_feed(w).token
    with pytest.raises(FeedNotFound):
        scope_of_feed(mangle(token))


def test_another_households_ids_with_the_own_secret_open_nothing(
    new_household: Callable[..., Household],
) -> None:
    one, other = new_household("One"), new_household("Other")
    tokens = []
    for household in (one, other):
        with work(household.scope) as w:
            tokens.append(open_feed(w).token)
    # The ids fill the first 42 letters and a part of the 43rd.
    mixed = tokens[0][:43] + tokens[1][43:]
    with pytest.raises(FeedNotFound):
        scope_of_feed(mixed)


def test_it_ends_with_the_membership(database: Settings) -> None:
    host, guest = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    bob = joined(host, guest, "bob@example.org", Role.USER)
    home = who(host).tenant_id
    assert home is not None
    with work(bob.scope(home)) as w:
        token = open_feed(w).token
    assert scope_of_feed(token).role is Role.USER

    def set_active(active: bool) -> None:
        with work(who(host).scope()) as w:
            change_member(w, bob.user_id, MemberChange(active=active))

    set_active(False)
    with pytest.raises(FeedNotFound):
        scope_of_feed(token)
    set_active(True)
    assert scope_of_feed(token).user_id == bob.user_id
    with work(who(host).scope()) as w:
        remove_member(w, bob.user_id)
    with pytest.raises(FeedNotFound):
        scope_of_feed(token)
    # Who comes back has to make a new one.
    identity.accept_invitation(who(guest), _invite_again(host), identity.Client())
    with pytest.raises(FeedNotFound):
        scope_of_feed(token)


def _invite_again(host: identity.SignedIn) -> str:
    with work(who(host).scope()) as w:
        token = identity.invite_member(w, "bob@example.org", Role.USER).token
    assert token is not None
    return token


def test_it_ends_when_its_owner_is_blocked(database: Settings, household: Household) -> None:
    with work(household.scope) as w:
        token = open_feed(w).token
    assert scope_of_feed(token).user_id == household.user_id
    with psycopg.connect(libpq_url(database.owner_url), autocommit=True) as owner:
        owner.execute("UPDATE app_user SET active = false WHERE id = %s", [household.user_id])
    with pytest.raises(FeedNotFound):
        scope_of_feed(token)


def test_nobody_else_sees_that_there_is_one(new_household: Callable[..., Household]) -> None:
    one, other = new_household("One"), new_household("Other")
    with work(one.scope) as w:
        open_feed(w)
    with work(other.scope) as w:
        assert get_feed(w) is None
        assert not w.rows("SELECT 1 FROM calendar_feed")


def test_the_time_of_the_last_visit_is_kept_to_the_hour(household: Household) -> None:
    with work(household.scope) as w:
        token = open_feed(w).token
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for minutes, shown in ((0, 0), (20, 0), (61, 61)):
        scope_of_feed(token, clock=lambda minutes=minutes: at + timedelta(minutes=minutes))  # type: ignore[misc]
        with work(household.scope) as w:
            feed = get_feed(w)
        assert feed is not None and feed.read_at == at + timedelta(minutes=shown)


def test_without_a_private_space_there_is_no_feed(household: Household) -> None:
    visitor = replace(household.scope, private_space_id=None, space_ids=(household.scope.shared_space_id,))
    with work(visitor) as w, pytest.raises(Forbidden):
        open_feed(w)
