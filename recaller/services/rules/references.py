"""What rules name (accounts, categories, recurring items), looked up, and why a rule that names it can't run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from recaller.domain.account_kinds import CATEGORY_KINDS, REAL_KINDS, Kind
from recaller.domain.rules.model import MakeTransfer, Rule, SetCategory, Split, accounts_in
from recaller.infra.work import Work


@dataclass(frozen=True, slots=True)
class Account:
    """An account or category that a rule names; `currency` None is a category."""

    kind: Kind
    currency: str | None
    space_id: UUID
    closed: bool
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """A recurring item that a rule names."""

    space_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Known:
    """Of what rules name, all that is in sight."""

    accounts: Mapping[UUID, Account]
    items: Mapping[UUID, Item]


def look_up(w: Work, rules: Sequence[Rule]) -> Known:
    """Look up everything that these rules name, in two queries at most."""
    kinds = {identity: kind for rule in rules for identity, kind in accounts_in(rule).items()}
    recurring = [identity for identity, kind in kinds.items() if kind == "recurring"]
    others = [identity for identity, kind in kinds.items() if kind != "recurring"]
    accounts, items = {}, {}
    if others:
        for row in w.rows(
            "SELECT id, kind, currency, space_id, closed_on IS NOT NULL AS closed, name FROM account"
            " WHERE id = ANY(CAST(:ids AS uuid[]))",
            ids=others,
        ):
            accounts[row.id] = Account(Kind(row.kind), row.currency, row.space_id, row.closed, row.name)
    if recurring:
        for row in w.rows(
            "SELECT id, space_id, name FROM recurring WHERE id = ANY(CAST(:ids AS uuid[])) AND state <> 'deleted'",
            ids=recurring,
        ):
            items[row.id] = Item(row.space_id, row.name)
    return Known(accounts, items)


def problem_of(rule: Rule, known: Known, space_id: UUID, shared: UUID) -> tuple[str, str] | None:
    """Return the place and the reason when a rule of this space can't run."""
    for identity, kind in accounts_in(rule).items():
        if kind == "recurring":
            found = _item_problem(known.items.get(identity), space_id, shared)
        else:
            found = _account_problem(rule, identity, kind, known, space_id, shared)
        if found is not None:
            return found
    for action in rule.actions:
        # The other leg would make a private entry visible to everybody.
        if isinstance(action, MakeTransfer) and known.accounts[action.account_id].space_id != space_id:
            return "actions", "A private rule can only make transfers between private accounts."
    return None


def _item_problem(item: Item | None, space_id: UUID, shared: UUID) -> tuple[str, str] | None:
    if item is None:
        return "actions", "A recurring item that this rule names is gone."
    if item.space_id == space_id:
        return None
    if space_id == shared:
        return "actions", f"{item.name!r} is private: a rule for the whole household can't name it."
    return "actions", "A private rule can only link to private recurring items."


def _account_problem(
    rule: Rule, identity: UUID, kind: str, known: Known, space_id: UUID, shared: UUID
) -> tuple[str, str] | None:
    facts = known.accounts.get(identity)
    wanted = CATEGORY_KINDS if kind == "category" else REAL_KINDS
    place = "actions" if _acts_on(rule, identity) else "conditions"
    if facts is None or facts.kind not in wanted:
        return place, f"A{'n' if kind == 'account' else ''} {kind} that this rule names is gone."
    if space_id == shared and facts.space_id != shared:
        return place, f"{facts.name!r} is private: a rule for the whole household can't name it."
    if place == "actions" and facts.closed:
        closed = "hidden" if kind == "category" else "closed"
        return place, f"The {kind} {facts.name!r} is {closed}."
    return None


def _acts_on(rule: Rule, identity: UUID) -> bool:
    for action in rule.actions:
        if isinstance(action, SetCategory) and action.category_id == identity:
            return True
        if isinstance(action, MakeTransfer) and action.account_id == identity:
            return True
        if isinstance(action, Split) and identity in (
            action.rest_id,
            *(share.category_id for share in action.shares),
        ):
            return True
    return False
