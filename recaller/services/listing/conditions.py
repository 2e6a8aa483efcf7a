"""Criteria as SQL conditions on a transaction `t`, in forms for which an index can be used."""

from __future__ import annotations

from uuid import UUID

from recaller.services.listing.criteria import Criteria
from recaller.services.listing.query import Conditions

# Shapes whose accounts all stand in the transaction's own row; of a split only the real account does.
_WHOLE = "t.shape IN ('simple', 'transfer')"
_PARTIAL = "t.shape NOT IN ('simple', 'transfer')"


def transaction_conditions(
    criteria: Criteria, *, dates: bool = True, sides: bool = True, payees: bool = True
) -> Conditions:
    """Return the conditions on the transaction, without those that the caller puts another way."""
    found = Conditions()
    if dates:
        add_dates(found, criteria, "t")
    if sides:
        add_sides(found, criteria)
    if payees and criteria.payees is not None:
        found.add("t.payee_id = ANY(%(payees)b::uuid[])", payees=list(criteria.payees))
    if criteria.tags is not None:
        found.add(
            "t.id IN (SELECT g.transaction_id FROM transaction_tag g WHERE g.tag_id = ANY(%(tags)b::uuid[]))",
            tags=list(criteria.tags),
        )
    if criteria.status is not None:
        found.add("t.status = %(status)s", status=criteria.status)
    if criteria.shape is not None:
        found.add("t.shape = %(shape)s", shape=criteria.shape)
    if criteria.batch_id is not None:
        found.add("t.batch_id = %(batch)s", batch=criteria.batch_id)
    _add_amounts(found, criteria)
    _add_words(found, criteria)
    return found


def add_dates(found: Conditions, criteria: Criteria, table: str) -> None:
    """Add the inclusive range of dates, on the transaction or on its posting (both carry the same date)."""
    if criteria.date_from is not None:
        found.add(f"{table}.date >= %(date_from)s", date_from=criteria.date_from)
    if criteria.date_to is not None:
        found.add(f"{table}.date <= %(date_to)s", date_to=criteria.date_to)


def add_sides(found: Conditions, criteria: Criteria) -> None:
    """Add which accounts and categories take part, and in which currency."""
    if criteria.currency is not None:
        found.parameters["currency"] = criteria.currency
    for name, ids in (("accounts", criteria.accounts), ("categories", criteria.categories)):
        if ids is not None:
            _add_side(found, name, ids, with_currency=criteria.currency is not None)
    if criteria.currency is not None and criteria.matched_set is None:
        found.add(
            "(t.currency = %(currency)s OR t.shape IN ('conversion', 'journal') AND EXISTS (SELECT 1 FROM posting q"
            " JOIN account b ON b.tenant_id = q.tenant_id AND b.id = q.account_id"
            " WHERE q.tenant_id = t.tenant_id AND q.transaction_id = t.id AND q.currency = %(currency)s"
            " AND b.kind IN ('asset', 'liability')))"
        )


def _add_side(found: Conditions, name: str, ids: tuple[UUID, ...], *, with_currency: bool) -> None:
    """Most transactions are decided by their own row; only splits and the like look at their postings."""
    columns = ("t.account_id", "t.counter_account_id") if name == "accounts" else ("t.category_id",)
    own = " OR ".join(f"{column} = ANY(%({name})b::uuid[])" for column in columns)
    in_row = "AND t.currency = %(currency)s " if with_currency else ""
    in_posting = "AND q.currency = %(currency)s" if with_currency else ""
    found.add(
        f"(({own}) AND {_WHOLE} {in_row}"
        f"OR {_PARTIAL} AND EXISTS (SELECT 1 FROM posting q WHERE q.tenant_id = t.tenant_id"
        f" AND q.transaction_id = t.id AND q.account_id = ANY(%({name})b::uuid[]) {in_posting}))",
        **{name: list(ids)},
    )


def _add_amounts(found: Conditions, criteria: Criteria) -> None:
    """Amounts are asked for without sign; written as ranges of the signed column, so that its index serves."""
    low, high = criteria.amount_min, criteria.amount_max
    if low is not None:
        found.parameters["low"] = low
    if high is not None:
        found.parameters["high"] = high
    if low is not None and high is not None:
        found.add(
            "(t.amount BETWEEN %(low)s::bigint AND %(high)s::bigint"
            " OR t.amount BETWEEN -%(high)s::bigint AND -%(low)s::bigint)"
        )
    elif low is not None:
        found.add("(t.amount >= %(low)s::bigint OR t.amount <= -%(low)s::bigint)")
    elif high is not None:
        found.add("t.amount BETWEEN -%(high)s::bigint AND %(high)s::bigint")


def _add_words(found: Conditions, criteria: Criteria) -> None:
    for number, word in enumerate(criteria.words):
        text = f"t.search_text LIKE %(word{number})s"
        found.parameters[f"word{number}"] = word.pattern
        if word.payees is None:
            found.add(
                f"({text} OR t.payee_id IN (SELECT y.id FROM payee y WHERE y.folded LIKE %(word{number})s))"
            )
        elif word.payees:
            found.add(
                f"({text} OR t.payee_id = ANY(%(payees{number})b::uuid[]))",
                **{f"payees{number}": list(word.payees)},
            )
        else:
            found.add(text)
