"""Turns a filter into criteria: names looked up, categories with their children, only ids that are in sight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from recaller.core.text import fold
from recaller.domain.account_kinds import CATEGORY_KINDS, REAL_KINDS, SYSTEM_UNCATEGORISED
from recaller.domain.filters import TextQuery, TransactionFilter, parse_text
from recaller.infra.work import Work
from recaller.services.listing.query import fetch
from recaller.services.listing.search import Word, find_payees, find_words

Ids = tuple[UUID, ...]
MAX_ACCOUNTS = 5000
MAX_TAGS = 5000


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a query needs to know. An id tuple of None means "any", an empty one "none at all"."""

    accounts: Ids | None = None
    categories: Ids | None = None
    payees: Ids | None = None
    tags: Ids | None = None
    words: tuple[Word, ...] = ()
    date_from: date | None = None
    date_to: date | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    status: str | None = None
    shape: str | None = None
    batch_id: UUID | None = None
    currency: str | None = None

    @property
    def impossible(self) -> bool:
        """Whether no transaction can match."""
        nothing = any(ids == () for ids in (self.accounts, self.categories, self.payees, self.tags))
        return nothing or _crossed(self.date_from, self.date_to) or _crossed(self.amount_min, self.amount_max)

    @property
    def matched_set(self) -> Ids | None:
        """The accounts whose postings are asked for (None: every asset and liability)."""
        return self.categories if self.categories is not None else self.accounts

    @property
    def sign(self) -> int:
        """What a matched posting counts: a category's posting is the other side of the money."""
        return 1 if self.categories is None else -1


def resolve(w: Work, wanted: TransactionFilter) -> Criteria:
    """Look up everything that the filter names; raise ValidationFailed when its text makes no sense."""
    typed = parse_text(wanted.text, w.scope.base_currency) if wanted.text else TextQuery()
    accounts, categories = _sides(w, wanted, typed)
    return Criteria(
        accounts=accounts,
        categories=categories,
        payees=_payees(w, wanted, typed),
        tags=_tags(w, wanted, typed),
        words=find_words(w, typed.words),
        date_from=_bound(max, wanted.date_from, typed.date_from),
        date_to=_bound(min, wanted.date_to, typed.date_to),
        amount_min=_bound(max, wanted.amount_min, typed.amount_min),
        amount_max=_bound(min, wanted.amount_max, typed.amount_max),
        status=typed.status or wanted.status,
        shape=typed.shape or wanted.shape,
        batch_id=wanted.batch_id,
        currency=typed.currency or wanted.currency,
    )


@dataclass(frozen=True, slots=True)
class _Account:
    id: UUID
    parent_id: UUID | None
    kind: str
    system: str | None
    name: str


def _sides(w: Work, wanted: TransactionFilter, typed: TextQuery) -> tuple[Ids | None, Ids | None]:
    """Return the accounts and the categories that must take part; several conditions on one side all hold."""
    kinds = frozenset((*wanted.kinds, *typed.kinds))
    uncategorised = wanted.uncategorised or typed.uncategorised
    asked_accounts = bool(wanted.account_ids or typed.accounts)
    asked_categories = bool(wanted.category_ids or typed.categories)
    if not (kinds or uncategorised or asked_accounts or asked_categories):
        return None, None
    rows = fetch(w, f"SELECT id, parent_id, kind, system, name FROM account LIMIT {MAX_ACCOUNTS}")
    every = [_Account(*row) for row in rows]
    accounts: list[set[UUID]] = []
    categories: list[set[UUID]] = []
    if asked_accounts:
        named = _named([a for a in every if a.kind not in CATEGORY_KINDS], typed.accounts)
        accounts.append({a.id for a in every if a.id in wanted.account_ids} | named)
    if asked_categories:
        found = [a for a in every if a.kind in CATEGORY_KINDS]
        chosen = {a.id for a in found if a.id in wanted.category_ids} | _named(found, typed.categories)
        categories.append(_with_children(found, chosen))
    if uncategorised:
        categories.append({a.id for a in every if a.system == SYSTEM_UNCATEGORISED})
    if kinds & REAL_KINDS:
        accounts.append({a.id for a in every if a.kind in kinds & REAL_KINDS})
    if kinds & CATEGORY_KINDS:
        categories.append({a.id for a in every if a.kind in kinds & CATEGORY_KINDS})
    return _all_of(accounts), _all_of(categories)


def _all_of(sets: list[set[UUID]]) -> Ids | None:
    return tuple(sorted(set.intersection(*sets))) if sets else None


def _named(accounts: Sequence[_Account], names: Iterable[str]) -> set[UUID]:
    """Return the accounts of exactly these names, or where there is none, those with the name inside theirs."""
    found: set[UUID] = set()
    for name in map(fold, names):
        exact = {a.id for a in accounts if fold(a.name) == name}
        found |= exact or {a.id for a in accounts if name in fold(a.name)}
    return found


def _with_children(accounts: Sequence[_Account], chosen: set[UUID]) -> set[UUID]:
    found = set(chosen)
    while True:
        more = {a.id for a in accounts if a.parent_id in found} - found
        if not more:
            return found
        found |= more


def _payees(w: Work, wanted: TransactionFilter, typed: TextQuery) -> Ids | None:
    if not (wanted.payee_ids or typed.payees):
        return None
    return tuple(sorted({*wanted.payee_ids, *find_payees(w, typed.payees)}))


def _tags(w: Work, wanted: TransactionFilter, typed: TextQuery) -> Ids | None:
    if not (wanted.tag_ids or typed.tags):
        return None
    names = {fold(name) for name in typed.tags}
    rows = fetch(w, f"SELECT id, name FROM tag LIMIT {MAX_TAGS}") if names else []
    return tuple(sorted({*wanted.tag_ids, *(tag for tag, name in rows if fold(name) in names)}))


def _bound(stricter: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else stricter(one, other)


def _crossed(low: Any, high: Any) -> bool:
    return low is not None and high is not None and bool(low > high)
