"""Rules on real PostgreSQL: what they do, in which order, what they leave alone, and how a run is taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.scope import Scope, Source
from recaller.infra.work import Work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import create_category, delete_category, hide_category
from recaller.services.imports import commit_import, start_import, undo_import
from recaller.services.rules import (
    RunView,
    Selection,
    active_rules,
    apply_rules,
    delete_rule,
    get_rule,
    get_run,
    list_rules,
    list_runs,
    preview_rules,
    reverse_run,
    run_changes,
)
from recaller.services.starter import create_starter_accounts
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransferDraft,
    categorise_transactions,
    delete_transaction,
    edit_transaction,
    get_transaction,
    origins_of,
    record_transaction,
    restore_transaction,
    tag_transactions,
)
from tests.support.households import Household
from tests.support.ruled_household import make_rule, named

pytestmark = pytest.mark.usefixtures("nothing_drifts")

DAY = date(2026, 3, 14)


@pytest.fixture
def scope(household: Household) -> Scope:
    with work(household.scope) as w:
        create_starter_accounts(w)
        create_account(w, AccountDraft("Checking", "checking", "USD"))
        create_account(w, AccountDraft("Savings", "savings", "USD"))
        create_account(w, AccountDraft("My own", "checking", "USD", private=True))
        create_account(w, AccountDraft("My savings", "savings", "USD", private=True))
    return household.scope


def bank_row(
    scope: Scope, payee: str, amount: int = -1250, *, account: str = "Checking", **more: Any
) -> UUID:
    """Record what a bank reported: nothing in it was set by hand."""
    with work(replace(scope, source=Source.IMPORT)) as w:
        draft = EntryDraft(more.pop("on", DAY), named(w, account), amount, payee, **more)
        return record_transaction(w, draft).id


def apply(scope: Scope, **more: Any) -> RunView:
    with work(scope) as w:
        runs = apply_rules(w, more.pop("selection", None), **more)
        assert len(runs) == 1
        return runs[0]


def look(scope: Scope, transaction_id: UUID) -> Any:
    with work(scope) as w:
        return get_transaction(w, transaction_id)


def category_of(scope: Scope, transaction_id: UUID) -> str:
    with work(scope) as w:
        row = w.row(
            "SELECT c.name FROM transaction t JOIN account c ON c.tenant_id = t.tenant_id AND c.id = t.category_id"
            " WHERE t.id = :id",
            id=transaction_id,
        )
        return "" if row is None else str(row.name)


PAYEE_REWE = [{"field": "payee", "op": "contains", "value": "rewe"}]


def set_category(w: Work, name: str) -> dict[str, str]:
    return {"do": "set_category", "category_id": str(named(w, name))}


def test_a_rule_sets_what_it_says_and_tells_which_rule_did(scope: Scope) -> None:
    hit, miss = bank_row(scope, "RÉWE Markt 12"), bank_row(scope, "Lidl")
    with work(scope) as w:
        rule = make_rule(
            w,
            PAYEE_REWE,
            [
                set_category(w, "Groceries"),
                {"do": "set_payee", "payee": "Rewe"},
                {"do": "add_tags", "tags": ["food", "weekly"]},
                {"do": "append_note", "text": "by rule"},
            ],
        )
        assert rule.sentence == (
            "If payee contains 'rewe', set category Groceries and set payee 'Rewe' and add #food #weekly"
            " and add 'by rule' to the note"
        )
    run = apply(scope)
    assert (run.scanned, run.changed, run.rules[0].matched) == (2, 1, 1)
    view = look(scope, hit)
    assert (view.payee, view.tags, view.note) == ("Rewe", ("food", "weekly"), "by rule")
    assert category_of(scope, hit) == "Groceries"
    assert look(scope, miss).version == 1
    with work(scope) as w:
        assert {(one.field, one.rule_name) for one in origins_of(w, hit)} == {
            (field, rule.name) for field in ("category", "payee", "note", "tags")
        }
        assert origins_of(w, miss) == ()
        assert get_rule(w, rule.id).changed == 1
    again = apply(scope)
    assert (again.changed, again.rules[0].matched) == (0, 1), "running again changes nothing"


def test_later_rules_see_earlier_effects_and_stop_ends(scope: Scope) -> None:
    one, other = bank_row(scope, "AMZN Mktp"), bank_row(scope, "AMZN Prime")
    with work(scope) as w:
        prime = [{"field": "payee", "op": "ends_with", "value": "PRIME"}]
        make_rule(w, prime, [set_category(w, "Subscriptions")], stop=True)
        make_rule(
            w,
            [{"field": "payee", "op": "starts_with", "value": "amzn"}],
            [{"do": "set_payee", "payee": "Amazon"}],
        )
        make_rule(
            w,
            [{"field": "payee", "op": "equals", "value": "amazon"}],
            [set_category(w, "Household goods")],
        )
    apply(scope)
    assert (category_of(scope, one), look(scope, one).payee) == ("Household goods", "Amazon")
    assert (category_of(scope, other), look(scope, other).payee) == ("Subscriptions", "AMZN Prime")


def test_a_field_set_by_hand_is_never_overwritten(scope: Scope) -> None:
    imported = bank_row(scope, "Rewe")
    with work(scope) as w:
        groceries, coffee = named(w, "Groceries"), named(w, "Coffee & snacks")
        checking = named(w, "Checking")
        by_hand = record_transaction(
            w, EntryDraft(DAY, checking, -300, "Rewe", (Part(coffee, -300),), tags=("own",))
        ).id
        bare = record_transaction(w, EntryDraft(DAY, checking, -400, "Rewe")).id
        make_rule(
            w,
            PAYEE_REWE,
            [
                {"do": "set_category", "category_id": str(groceries)},
                {"do": "set_payee", "payee": "Supermarket"},
                {"do": "add_tags", "tags": ["food"]},
                {"do": "set_note", "text": "rule"},
            ],
        )
        categorise_transactions(w, [imported], coffee)
    run = apply(scope)
    assert run.changed == 3
    hand, imp, raw = (look(scope, one) for one in (by_hand, imported, bare))
    assert (hand.category_id, hand.payee, hand.tags, hand.note) == (coffee, "Rewe", ("own",), "rule")
    assert (imp.category_id, imp.payee, imp.tags) == (coffee, "Supermarket", ("food",))
    assert (raw.category_id, raw.payee) == (groceries, "Rewe"), "the payee was typed, the category was not"
    # What a rule set, a person may take over; from then on it is theirs.
    with work(scope) as w:
        tag_transactions(w, [imported], (), ("food",))
    assert apply(scope).changed == 0
    assert look(scope, imported).tags == ()


def test_an_edit_marks_only_what_it_changed(scope: Scope) -> None:
    identity = bank_row(scope, "Rewe", -1000)
    with work(scope) as w:
        view = get_transaction(w, identity)
        draft = EntryDraft(DAY, view.account_id, -1100, "Rewe", note="typed")
        edit_transaction(w, identity, draft, version=view.version)
        assert [(one.field, one.by_hand) for one in origins_of(w, identity)] == [("note", True)]
        make_rule(w, PAYEE_REWE, [set_category(w, "Groceries")])
    apply(scope)
    assert category_of(scope, identity) == "Groceries"
    with work(scope) as w:
        delete_transaction(w, identity)
    with work(scope) as w:
        restore_transaction(w, identity)
        assert [(one.field, one.by_hand) for one in origins_of(w, identity)] == [
            ("category", False),
            ("note", True),
        ]


def test_a_rule_applies_once_where_it_says_so(scope: Scope) -> None:
    identity = bank_row(scope, "Rewe")
    with work(scope) as w:
        make_rule(w, PAYEE_REWE, [{"do": "set_note", "text": "first"}], once=True)
        make_rule(w, PAYEE_REWE, [{"do": "set_note", "text": "second"}], active=False)
    first = apply(scope)
    assert first.changed == 1
    with work(scope) as w:
        other = next(one for one in list_rules(w) if not one.active)
    apply(scope, rule_ids=[other.id])
    assert apply(scope).changed == 0
    assert look(scope, identity).note == "second"
    # Taken back, it is as though it never had: reverse both, in the opposite order.
    with work(scope) as w:
        newest = [one for one in list_runs(w).items if one.changed]
        for run in newest:
            assert (reverse_run(w, run.id).restored, get_run(w, run.id).conflicts) == (1, 0)
    assert look(scope, identity).note == ""
    assert apply(scope).changed == 1
    assert look(scope, identity).note == "first"


def test_a_split_divides_to_the_cent_with_the_right_sign(scope: Scope) -> None:
    odd, back = bank_row(scope, "Rewe", -1001), bank_row(scope, "Rewe refund", 1001)
    cheap = bank_row(scope, "Kiosk", -40)
    with work(scope) as w:
        first, second, rest = (
            str(named(w, name)) for name in ("Groceries", "Household goods", "Personal care")
        )
        make_rule(
            w,
            PAYEE_REWE,
            [
                {
                    "do": "split",
                    "parts": [
                        {"category_id": first, "basis_points": 3333, "memo": "food"},
                        {"category_id": second, "basis_points": 3333},
                    ],
                    "rest_category_id": rest,
                }
            ],
        )
        make_rule(
            w,
            [{"field": "payee", "op": "equals", "value": "kiosk"}],
            [
                {
                    "do": "split",
                    "parts": [{"category_id": first, "amount": 50}],
                    "rest_category_id": rest,
                    "currency": "USD",
                }
            ],
        )
    run = apply(scope)
    assert run.changed == 2
    assert [line.amount for line in look(scope, odd).lines] == [-1001, 334, 333, 334]
    assert [line.amount for line in look(scope, back).lines] == [1001, -334, -333, -334]
    assert look(scope, odd).lines[1].memo == "food"
    assert look(scope, cheap).shape == "simple", "40 cents can't give 50"
    with work(scope) as w:
        assert reverse_run(w, run.id).restored == 2
    assert [line.amount for line in look(scope, odd).lines] == [-1001, 1001]
    assert look(scope, odd).shape == "simple"


def test_a_transfer_is_made_in_the_right_direction_and_taken_back(scope: Scope) -> None:
    out, into = bank_row(scope, "To savings", -5000), bank_row(scope, "To savings", 700)
    with work(scope) as w:
        savings = named(w, "Savings")
        make_rule(
            w,
            [{"field": "payee", "op": "contains", "value": "savings"}],
            [{"do": "make_transfer", "account_id": str(savings)}],
        )
    run = apply(scope)
    view = look(scope, out)
    assert (view.shape, view.counter_account_id) == ("transfer", savings)
    assert [line.amount for line in view.lines] == [-5000, 5000]
    assert [line.amount for line in look(scope, into).lines] == [700, -700]
    with work(scope) as w:
        assert reverse_run(w, run.id).restored == 2
    assert look(scope, out).shape == "simple"


def test_a_reversal_leaves_alone_what_was_changed_since(scope: Scope) -> None:
    kept, edited, gone = (bank_row(scope, f"Rewe {number}") for number in range(3))
    with work(scope) as w:
        before = get_transaction(w, kept)
        make_rule(w, PAYEE_REWE, [set_category(w, "Groceries"), {"do": "set_payee", "payee": "Rewe"}])
    run = apply(scope)
    with work(scope) as w:
        view = get_transaction(w, edited)
        parts = (Part(view.category_id, view.amount),)
        draft = EntryDraft(DAY, view.account_id, view.amount, view.payee, parts, note="mine")
        edit_transaction(w, edited, draft, version=view.version)
        delete_transaction(w, gone)
        done = reverse_run(w, run.id)
        assert (done.status, done.restored, done.conflicts) == ("reversed", 1, 2)
        listed = run_changes(w, run.id, conflicts_only=True).items
        assert {row.transaction_id for row in listed} == {edited, gone}
        after = get_transaction(w, kept)
        assert (after.payee, after.category_id) == (before.payee, before.category_id)
        assert origins_of(w, kept) == ()
        assert (get_transaction(w, edited).payee, get_transaction(w, edited).note) == ("Rewe", "mine")
        with pytest.raises(Conflict):
            reverse_run(w, run.id)


def test_a_reversal_gives_fields_back_to_the_rule_before(scope: Scope) -> None:
    identity = bank_row(scope, "Rewe")
    with work(scope) as w:
        first = make_rule(w, PAYEE_REWE, [set_category(w, "Groceries")])
    apply(scope)
    with work(scope) as w:
        make_rule(w, PAYEE_REWE, [set_category(w, "Restaurants")])
    second = apply(scope)
    assert category_of(scope, identity) == "Restaurants"
    with work(scope) as w:
        reverse_run(w, second.id)
        assert [(one.field, one.rule_name) for one in origins_of(w, identity)] == [("category", first.name)]
    assert category_of(scope, identity) == "Groceries"


def test_a_rule_to_a_deleted_category_says_so_and_the_others_go_on(scope: Scope) -> None:
    identity = bank_row(scope, "Rewe")
    with work(scope) as w:
        doomed = create_category(w, "Doomed", "expense")
        hidden = create_category(w, "Hidden", "expense")
        broken = make_rule(
            w, PAYEE_REWE, [{"do": "set_category", "category_id": str(doomed.id)}], name="broken"
        )
        make_rule(w, PAYEE_REWE, [{"do": "set_category", "category_id": str(hidden.id)}], name="hid")
        make_rule(w, PAYEE_REWE, [{"do": "add_tags", "tags": ["food"]}], name="fine")
        delete_category(w, doomed.id)
        hide_category(w, hidden.id, hidden=True)
    run = apply(scope)
    assert [(one.name, one.message) for one in run.problems] == [
        ("broken", "A category that this rule names is gone."),
        ("hid", "The category 'Hidden' is hidden."),
    ]
    assert run.changed == 1
    assert look(scope, identity).tags == ("food",)
    with work(scope) as w:
        assert get_rule(w, broken.id).problem == "A category that this rule names is gone."
        with pytest.raises(ValidationFailed, match="is gone"):
            make_rule(w, PAYEE_REWE, [{"do": "set_category", "category_id": str(doomed.id)}])


def test_rules_run_at_import_and_undo_takes_all_of_it(scope: Scope) -> None:
    with work(scope) as w:
        rule = make_rule(
            w,
            PAYEE_REWE,
            [
                set_category(w, "Groceries"),
                {"do": "set_payee", "payee": "Rewe"},
                {"do": "add_tags", "tags": ["new"]},
            ],
        )
        csv = b"Date,Payee,Amount\n2026-03-02,REWE 1,-3.50\n2026-03-03,Lidl,-4.50\n"
        batch = commit_import(w, start_import(w, "bank.csv", csv, account_id=named(w, "Checking")).id)
        rows = w.rows("SELECT id, version FROM transaction WHERE batch_id = :id", id=batch.id)
        views = {get_transaction(w, row.id).payee: get_transaction(w, row.id) for row in rows}
        assert views["Rewe"].category_id == named(w, "Groceries")
        assert views["Rewe"].tags == ("new",)
        assert {row.version for row in rows} == {1}, "nobody edited it: an undo need not ask"
        assert [one.rule_id for one in origins_of(w, views["Rewe"].id)] == [rule.id] * 3
        run = list_runs(w).items[0]
        assert (run.cause, run.changed, run.batch_name) == ("import", 1, "bank.csv")
        undo_import(w, batch.id)
        assert w.row("SELECT count(*) FROM payee")[0] == 0  # type: ignore[index]
        assert w.row("SELECT count(*) FROM tag")[0] == 0  # type: ignore[index]


def test_rules_of_a_space_touch_only_its_transactions(scope: Scope) -> None:
    shared, private = bank_row(scope, "Rewe"), bank_row(scope, "Rewe", account="My own")
    with work(scope) as w:
        mine = make_rule(w, PAYEE_REWE, [{"do": "set_note", "text": "mine"}], private=True)
        ours = make_rule(w, PAYEE_REWE, [{"do": "set_note", "text": "ours"}])
        assert [one.id for one in list_rules(w)] == [ours.id, mine.id]
        own = [{"field": "account", "op": "one_of", "value": [str(named(w, "My own"))]}]
        with pytest.raises(ValidationFailed, match="private"):
            make_rule(w, own, [{"do": "set_note", "text": "x"}])
        with pytest.raises(ValidationFailed, match="between private accounts"):
            make_rule(
                w,
                PAYEE_REWE,
                [{"do": "make_transfer", "account_id": str(named(w, "Savings"))}],
                private=True,
            )
        runs = apply_rules(w)
        assert sorted((run.private, run.changed) for run in runs) == [(False, 1), (True, 1)]
    assert (look(scope, shared).note, look(scope, private).note) == ("ours", "mine")
    # Another member sees the household's rule and run, and nothing of the private ones.
    fellow = replace(scope, private_space_id=None, space_ids=(scope.shared_space_id,), user_id=scope.user_id)
    with work(fellow) as w:
        assert [one.id for one in list_rules(w)] == [ours.id]
        assert [run.private for run in list_runs(w).items] == [False]
        for call in (get_rule, delete_rule):
            with pytest.raises(NotFound):
                call(w, mine.id)
        private_run = next(run for run in runs if run.private)
        with pytest.raises(NotFound):
            reverse_run(w, private_run.id)


def test_an_entry_with_a_hidden_leg_is_left_alone(scope: Scope) -> None:
    with work(scope) as w:
        moved = record_transaction(
            w,
            TransferDraft(DAY, named(w, "Checking"), named(w, "My own"), 500, note=""),
        ).id
        make_rule(w, {"match": "all", "of": []}, [{"do": "add_tags", "tags": ["seen"]}])
    fellow = replace(scope, private_space_id=None, space_ids=(scope.shared_space_id,))
    with work(fellow) as w:
        assert apply_rules(w)[0].changed == 0
    assert apply(scope).changed == 1
    assert look(scope, moved).tags == ("seen",)


def test_another_household_sees_and_touches_nothing(
    scope: Scope, new_household: Callable[..., Household]
) -> None:
    identity = bank_row(scope, "Rewe")
    other = new_household("Birch")
    with work(scope) as w:
        rule = make_rule(w, PAYEE_REWE, [set_category(w, "Groceries")])
        groceries = named(w, "Groceries")
    run = apply(scope)
    with work(other.scope) as w:
        create_starter_accounts(w)
        assert list_rules(w) == ()
        assert list_runs(w).items == ()
        assert origins_of(w, identity) == ()
        for call in (get_rule, delete_rule):
            with pytest.raises(NotFound):
                call(w, rule.id)
        for call in (get_run, reverse_run, run_changes):
            with pytest.raises(NotFound):
                call(w, run.id)
        with pytest.raises(NotFound):
            apply_rules(w, rule_ids=[rule.id])
        with pytest.raises(ValidationFailed, match="is gone"):
            make_rule(w, PAYEE_REWE, [{"do": "set_category", "category_id": str(groceries)}])
        make_rule(w, PAYEE_REWE, [{"do": "set_note", "text": "stolen"}])
        assert apply_rules(w, Selection(ids=(identity,)))[0].scanned == 0
    assert look(scope, identity).note == ""


def test_a_selection_limits_a_run(scope: Scope) -> None:
    one, other = bank_row(scope, "Rewe"), bank_row(scope, "Rewe")
    with work(scope) as w:
        make_rule(w, PAYEE_REWE, [set_category(w, "Groceries")])
    assert apply(scope, selection=Selection(ids=(one,))).scanned == 1
    assert look(scope, other).version == 1


def test_a_preview_pages_through_what_applying_will_do(scope: Scope) -> None:
    ids = {bank_row(scope, f"Rewe {number}") for number in range(7)}
    bank_row(scope, "Lidl")
    with work(scope) as w:
        make_rule(w, PAYEE_REWE, [set_category(w, "Groceries")])
        rules = active_rules(w, scope.shared_space_id)
        seen, cursor = [], None
        while True:
            page = preview_rules(w, scope.shared_space_id, rules, cursor=cursor, limit=3)
            if cursor is None:
                assert (page.changed, page.matched, page.scanned) == (7, 7, 8)
            seen += page.rows
            cursor = page.next_cursor
            if cursor is None:
                break
    assert {row.transaction_id for row in seen} == ids
    assert len(seen) == 7
    assert {row.after.category for row in seen} == {"Groceries"}
    assert {row.before.shape for row in seen} == {"simple"}


def test_a_transfer_is_not_made_of_money_that_the_other_account_has_already(scope: Scope) -> None:
    out = bank_row(scope, "To savings", -5000)
    bank_row(scope, "From checking", 5000, account="Savings", on=date(2026, 3, 16))
    with work(scope) as w:
        make_rule(
            w,
            [{"field": "payee", "op": "contains", "value": "savings"}],
            [{"do": "make_transfer", "account_id": str(named(w, "Savings"))}],
        )
    assert apply(scope).changed == 0
    assert look(scope, out).shape == "simple"
