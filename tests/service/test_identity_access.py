"""A super administrator in a household of others: only explicitly, for a time, and on record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recaller.core.clock import utc_now
from recaller.core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.infra.work import work
from recaller.services import identity
from recaller.services.identity.errors import NotAMember
from recaller.settings import Settings
from tests.support.people import cookie, sign_up_person, who

REASON = "Asked by Bob to look into it"


def test_access_is_explicit_and_in_the_households_own_trail(database: Settings) -> None:
    root, bob = sign_up_person("root@example.org"), sign_up_person("bob@example.org")
    assert bob.tenant_id is not None
    with pytest.raises(NotAMember):
        who(root).scope(bob.tenant_id)
    identity.open_access(who(root), bob.tenant_id, REASON)
    scope = who(root).scope(bob.tenant_id)
    assert scope.private_space_id is None
    assert scope.space_ids == (who(bob).scope().shared_space_id,)
    with work(who(bob).scope()) as w:
        trail = w.rows("SELECT actor_id, action, after FROM audit_event WHERE action = 'open_access'")
    assert [(row.actor_id, row.after["reason"]) for row in trail] == [(root.user_id, REASON)]
    identity.close_access(who(root))
    with pytest.raises(NotAMember):
        who(root).scope(bob.tenant_id)


def test_access_runs_out_and_belongs_to_one_session(database: Settings) -> None:
    root, bob = sign_up_person("root@example.org"), sign_up_person("bob@example.org")
    assert bob.tenant_id is not None
    until = identity.open_access(who(root), bob.tenant_id, REASON)
    identity.switch_tenant(who(root), bob.tenant_id)
    assert who(root).tenant_id == bob.tenant_id
    assert until <= utc_now() + timedelta(hours=1)
    later = identity.resolve_cookie(cookie(root), clock=lambda: until)
    assert later.tenant_id == root.tenant_id
    with pytest.raises(NotAMember):
        later.scope(bob.tenant_id)


def test_only_super_administrators_get_it(database: Settings) -> None:
    root, bob = sign_up_person("root@example.org"), sign_up_person("bob@example.org")
    assert root.tenant_id is not None
    with pytest.raises(Forbidden):
        identity.open_access(who(bob), root.tenant_id, REASON)
    with pytest.raises(Forbidden):
        identity.list_households(who(bob))
    assert len(identity.list_households(who(root))) == 2
    with pytest.raises(Conflict):
        identity.open_access(who(root), root.tenant_id, REASON)
    with pytest.raises(NotFound):
        identity.open_access(who(root), new_id(), REASON)
    assert bob.tenant_id is not None
    with pytest.raises(ValidationFailed):
        identity.open_access(who(root), bob.tenant_id, " x ")
