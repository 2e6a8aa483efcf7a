"""Members and invitations: administrators manage their own household, and never lose the last of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from recaller.core.clock import utc_now
from recaller.core.errors import Conflict, Forbidden, NotFound
from recaller.core.scope import Role
from recaller.infra.work import identity_work, work
from recaller.services import identity
from recaller.services.identity.errors import (
    EmailTaken,
    InvitationInvalid,
    LastAdmin,
    NoHousehold,
    NotAMember,
    SessionEnded,
)
from recaller.settings import Settings, override_settings
from tests.support.people import CLIENT, PASSWORD, cookie, invite, joined, person, sign_up_person, who


def test_an_invitation_brings_a_new_user_in_once(database: Settings) -> None:
    ann = sign_up_person("ann@example.org")
    token = invite(ann, "Bob@Example.org", Role.ADMIN)
    offer = identity.read_invitation(token, CLIENT)
    assert (offer.tenant_name, offer.email, offer.role) == ("Home", "bob@example.org", Role.ADMIN)
    with override_settings(database.model_copy(update={"sign_up": "invite"})):
        bob = identity.sign_up_invited(token, person("bob@example.org"), CLIENT)
    scope = who(bob).scope()
    assert scope.tenant_id == ann.tenant_id
    assert scope.private_space_id not in (None, who(ann).scope().private_space_id)
    assert not who(bob).super_admin
    with pytest.raises(InvitationInvalid):
        identity.sign_up_invited(token, person("eve@example.org"), CLIENT)


def test_an_invitation_is_for_its_address_only(database: Settings) -> None:
    ann, eve = sign_up_person("ann@example.org"), sign_up_person("eve@example.org")
    token = invite(ann, "bob@example.org")
    with pytest.raises(InvitationInvalid):
        identity.accept_invitation(who(eve), token, CLIENT)
    with pytest.raises(InvitationInvalid):
        identity.sign_up_invited(token, person("eve2@example.org"), CLIENT)
    with pytest.raises(InvitationInvalid):
        identity.read_invitation("made-up", CLIENT)
    with pytest.raises(EmailTaken):
        identity.sign_up_invited(invite(ann, "eve@example.org"), person("eve@example.org"), CLIENT)


def test_an_invitation_runs_out_and_can_be_withdrawn(database: Settings) -> None:
    ann = sign_up_person("ann@example.org")
    with work(who(ann).scope()) as w:
        made = identity.invite_member(w, "bob@example.org", Role.USER)
    assert made.token is not None
    later = utc_now() + timedelta(days=8)
    with pytest.raises(InvitationInvalid):
        identity.read_invitation(made.token, CLIENT, clock=lambda: later)
    with work(who(ann).scope()) as w:
        assert [invitation.token for invitation in identity.list_invitations(w)] == [None]
        identity.withdraw_invitation(w, made.id)
    with pytest.raises(InvitationInvalid):
        identity.sign_up_invited(made.token, person("bob@example.org"), CLIENT)
    with pytest.raises(NotFound), work(who(ann).scope()) as w:
        identity.withdraw_invitation(w, made.id)


def test_a_second_invitation_replaces_the_first(database: Settings) -> None:
    ann = sign_up_person("ann@example.org")
    first, second = invite(ann, "bob@example.org"), invite(ann, "bob@example.org")
    with pytest.raises(InvitationInvalid):
        identity.read_invitation(first, CLIENT)
    assert identity.read_invitation(second, CLIENT)


def test_one_invitation_used_twice_at_once_makes_one_member(database: Settings) -> None:
    ann = sign_up_person("ann@example.org")
    token = invite(ann, "bob@example.org")
    with ThreadPoolExecutor(3) as pool:
        tries = [
            pool.submit(identity.sign_up_invited, token, person("bob@example.org"), CLIENT) for _ in range(3)
        ]
        outcomes = [attempt.exception() for attempt in tries]
    assert outcomes.count(None) == 1
    with work(who(ann).scope()) as w:
        assert len(identity.list_members(w)) == 2


@pytest.mark.parametrize(
    "act",
    [
        lambda w: identity.invite_member(w, "eve@example.org", Role.ADMIN),
        identity.list_invitations,
        lambda w: identity.change_member(w, w.scope.user_id, identity.MemberChange(role=Role.ADMIN)),
        lambda w: identity.update_household(w, identity.HouseholdChange(name="Mine")),
    ],
)
def test_a_plain_member_manages_nothing(database: Settings, act: Callable[..., object]) -> None:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    scope = joined(ann, bob, "bob@example.org").scope()
    with pytest.raises(Forbidden), work(scope) as w:
        act(w)
    with pytest.raises(Forbidden), work(scope) as w:
        identity.remove_member(w, ann.user_id)


def test_roles_and_shutting_out_act_at_the_next_call(database: Settings) -> None:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    joined(ann, bob, "bob@example.org")
    with work(who(ann).scope()) as w:
        changed = identity.change_member(w, bob.user_id, identity.MemberChange(role=Role.ADMIN))
    assert changed.role is Role.ADMIN
    assert who(bob).scope(ann.tenant_id).role is Role.ADMIN
    with work(who(ann).scope()) as w:
        identity.change_member(w, bob.user_id, identity.MemberChange(active=False))
    with pytest.raises(NotAMember):
        who(bob).scope(ann.tenant_id)
    assert who(bob).tenant_id == bob.tenant_id
    with work(who(ann).scope()) as w:
        identity.change_member(w, bob.user_id, identity.MemberChange(active=True))
    assert who(bob).scope(ann.tenant_id)


def test_a_token_for_a_lost_household_doesnt_act_in_another(database: Settings) -> None:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    joined(ann, bob, "bob@example.org")
    signed = identity.sign_in("bob@example.org", PASSWORD, CLIENT, kind=identity.SessionKind.TOKEN)
    assert signed.tokens is not None
    identity.resolve_access_token(signed.tokens.access_token)
    there = identity.issue_access_token(who(bob), ann.tenant_id)
    with pytest.raises(SessionEnded):
        identity.resolve_access_token(there)  # a browser session has no tokens
    token = identity.issue_access_token(
        identity.resolve_access_token(signed.tokens.access_token), ann.tenant_id
    )
    assert identity.resolve_access_token(token).scope().tenant_id == ann.tenant_id
    with work(who(ann).scope()) as w:
        identity.change_member(w, bob.user_id, identity.MemberChange(active=False))
    with pytest.raises(NotAMember):
        identity.resolve_access_token(token)


def test_the_last_administrator_stays(database: Settings) -> None:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    joined(ann, bob, "bob@example.org")
    for change in (identity.MemberChange(role=Role.USER), identity.MemberChange(active=False)):
        with pytest.raises(LastAdmin), work(who(ann).scope()) as w:
            identity.change_member(w, ann.user_id, change)
    with pytest.raises(LastAdmin), work(who(ann).scope()) as w:
        identity.remove_member(w, ann.user_id)


def test_two_administrators_cant_remove_each_other(database: Settings) -> None:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    joined(ann, bob, "bob@example.org", Role.ADMIN)

    def remove(actor: identity.SignedIn, other: identity.SignedIn) -> None:
        with work(who(actor).scope(ann.tenant_id)) as w:
            identity.remove_member(w, other.user_id)

    with ThreadPoolExecutor(2) as pool:
        outcomes = [
            attempt.exception() for attempt in (pool.submit(remove, ann, bob), pool.submit(remove, bob, ann))
        ]
    assert outcomes.count(None) == 1
    winner = ann if outcomes[0] is None else bob
    with work(who(winner).scope(ann.tenant_id)) as w:
        assert [member.user_id for member in identity.list_members(w)] == [winner.user_id]


def test_a_removed_member_is_out_and_finds_everything_when_back(database: Settings) -> None:
    ann = sign_up_person("ann@example.org")
    bob = identity.sign_up_invited(invite(ann, "bob@example.org"), person("bob@example.org"), CLIENT)
    private = who(bob).scope().private_space_id
    with work(who(ann).scope()) as w:
        identity.remove_member(w, bob.user_id)
    with pytest.raises(NoHousehold):
        who(bob).scope()
    identity.accept_invitation(who(bob), invite(ann, "bob@example.org"), CLIENT)
    assert who(bob).scope().private_space_id == private


def test_a_member_may_leave(database: Settings) -> None:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    joined(ann, bob, "bob@example.org")
    with work(who(bob).scope(ann.tenant_id)) as w:
        identity.remove_member(w, bob.user_id)
    assert [membership.tenant_id for membership in who(bob).memberships] == [bob.tenant_id]


def test_a_shut_out_member_cant_use_an_older_invitation(database: Settings) -> None:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    joined(ann, bob, "bob@example.org")
    with pytest.raises(Conflict, match="member"):
        invite(ann, "bob@example.org")
    with work(who(ann).scope()) as w:
        identity.change_member(w, bob.user_id, identity.MemberChange(active=False))
    with pytest.raises(Conflict, match="member"):
        invite(ann, "bob@example.org")


def test_nothing_of_another_household_can_be_managed(database: Settings) -> None:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    with work(who(ann).scope()) as w:
        made = identity.invite_member(w, "eve@example.org", Role.USER)
    scope = who(bob).scope()
    for act in (
        lambda w: identity.change_member(w, ann.user_id, identity.MemberChange(active=False)),
        lambda w: identity.remove_member(w, ann.user_id),
        lambda w: identity.withdraw_invitation(w, made.id),
    ):
        with pytest.raises(NotFound), work(scope) as w:
            act(w)
    with work(scope) as w:
        assert [member.user_id for member in identity.list_members(w)] == [bob.user_id]
        assert identity.list_invitations(w) == ()
    with work(scope) as w:
        assert w.rows("SELECT id FROM app_user") == [(bob.user_id,)]


def test_an_admin_sees_no_private_space(database: Settings) -> None:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    joined(ann, bob, "bob@example.org")
    there = who(bob).scope(ann.tenant_id)
    assert there.private_space_id is not None
    with work(there) as w:
        w.audit("note", "test", None, space_id=there.private_space_id)
    with work(who(ann).scope()) as w:
        seen = w.rows("SELECT 1 FROM audit_event WHERE space_id = :space", space=there.private_space_id)
    assert seen == []


def test_identity_tables_show_nothing_without_a_tenant(database: Settings) -> None:
    signed = sign_up_person("ann@example.org")
    assert cookie(signed)
    with identity_work() as reading:
        for table in ("app_user", "tenant", "membership", "space", "invitation"):
            assert reading.call(f"SELECT 1 FROM {table}") == []
