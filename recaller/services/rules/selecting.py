"""Over which transactions rules run: all, a filter's, a selection's, an import's; read as columns, batch by batch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.domain.filters import TransactionFilter
from recaller.domain.rules.engine import sorted_tags
from recaller.domain.rules.linking import Assigned
from recaller.domain.rules.rows import Content, Rows
from recaller.domain.rules.splitting import Part
from recaller.infra.work import Work
from recaller.services.listing.conditions import transaction_conditions
from recaller.services.listing.criteria import resolve
from recaller.services.listing.query import Conditions, fetch

MAX_SELECTION = 5000
# Rows in memory at a time; the statements of a run are per batch.
BATCH_ROWS = 20_000
# How many days apart the two banks' rows of one transfer may lie.
MIRROR_DAYS = 5

Key = tuple[date, UUID]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which transactions are meant: those of a filter (an empty one means all), or these ids."""

    wanted: TransactionFilter = field(default_factory=TransactionFilter)
    ids: tuple[UUID, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads back."""
        if self.ids is not None:
            return {"ids": [str(one) for one in self.ids]}
        return {"query": self.wanted.to_query()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Selection:
        """Read a selection that was kept with a run."""
        if "ids" in stored:
            return cls(ids=tuple(UUID(one) for one in stored["ids"]))
        return cls(TransactionFilter.from_query(stored["query"]))


@dataclass(frozen=True, slots=True)
class Stretch:
    """What may be read of an account: its money in, or its money out, from one day to another."""

    account_id: UUID
    incoming: bool
    first: date
    last: date


@dataclass(slots=True)
class Batch:
    """A batch of transactions as the rules see them, with what writing needs beside it.

    `origins` holds, per row that has any, field -> (rule, run) of fields that a rule set, `assigned` the dates of
    recurring items that transactions are to settle.
    """

    rows: Rows
    payee_ids: list[UUID | None]
    origins: dict[int, dict[str, tuple[UUID, UUID | None]]]
    assigned: Mapping[UUID, Assigned] = field(default_factory=dict)

    @property
    def last(self) -> Key:
        """Where the next batch begins."""
        return self.rows.dates[-1], self.rows.ids[-1]


# Openings are the ledger's own. An entry with a leg in another member's private account is theirs to change.
_ROWS = """
SELECT t.id, t.date, t.amount, t.currency, t.account_id, t.shape, t.counter_account_id, t.category_id,
       coalesce(y.name, ''), t.payee_id, t.note, t.bank_text
  FROM transaction t LEFT JOIN payee y ON y.tenant_id = t.tenant_id AND y.id = t.payee_id
"""
_COMPLETE = (
    "(t.shape IN ('simple', 'split') OR NOT EXISTS (SELECT 1 FROM posting q WHERE q.tenant_id = t.tenant_id"
    " AND q.transaction_id = t.id GROUP BY q.currency HAVING sum(q.amount) <> 0))"
)
_AMONG = """EXISTS (
SELECT 1 FROM unnest(%(stretch_accounts)b::uuid[], %(stretch_incoming)b::boolean[],
                     %(stretch_firsts)b::date[], %(stretch_lasts)b::date[]) AS s(account_id, incoming, first, last)
 WHERE t.account_id = s.account_id AND (t.amount > 0) = s.incoming AND t.date BETWEEN s.first AND s.last)"""


def conditions_of(w: Work, space_id: UUID, selection: Selection) -> Conditions | None:
    """Return the selection as SQL conditions on a transaction `t` of this space; None when nothing can match."""
    if selection.ids is not None:
        if len(selection.ids) > MAX_SELECTION:
            raise ValidationFailed("ids", f"Choose at most {MAX_SELECTION} transactions at a time.")
        conditions = Conditions()
        conditions.add("t.id = ANY(%(chosen)b::uuid[])", chosen=list(selection.ids))
    else:
        criteria = resolve(w, selection.wanted)
        if criteria.impossible:
            return None
        conditions = transaction_conditions(criteria)
    conditions.add("t.space_id = %(space)s", space=space_id)
    conditions.add("t.shape <> 'opening'")
    return conditions


def count_rows(w: Work, space_id: UUID, selection: Selection, *, most: int | None = None) -> int:
    """Return how many transactions of the space are meant, counting no further than `most`."""
    conditions = conditions_of(w, space_id, selection)
    if conditions is None:
        return 0
    limit = "" if most is None else f" LIMIT {most:d}"
    found = fetch(
        w,
        f"SELECT count(*) FROM (SELECT 1 FROM transaction t{conditions.where}{limit}) x",
        conditions.parameters,
        plan_anew=True,
    )
    return int(found[0][0])


def read_batches(
    w: Work,
    space_id: UUID,
    selection: Selection,
    *,
    once: Sequence[UUID] = (),
    after: Key | None = None,
    batch_rows: int = BATCH_ROWS,
    links: bool = False,
    among: Sequence[Stretch] | None = None,
) -> Iterator[Batch]:
    """Give the selection's transactions newest first, in batches; with `among`, only those in these stretches.

    `once` are the once-only rules that will run; `links` reads what each transaction settles, too.
    """
    while True:
        conditions = conditions_of(w, space_id, selection)
        if conditions is None:
            return
        conditions.add(_COMPLETE)
        if among is not None:
            conditions.add(
                _AMONG,
                stretch_accounts=[one.account_id for one in among],
                stretch_incoming=[one.incoming for one in among],
                stretch_firsts=[one.first for one in among],
                stretch_lasts=[one.last for one in among],
            )
        if after is not None:
            conditions.add(
                "(t.date, t.id) < (%(after_date)s, %(after_id)s)", after_date=after[0], after_id=after[1]
            )
        found = fetch(
            w,
            f"{_ROWS}{conditions.where} ORDER BY t.date DESC, t.id DESC LIMIT {batch_rows:d}",
            conditions.parameters,
            plan_anew=True,
        )
        if not found:
            return
        batch = _batch(w, found, once)
        if links:
            _add_links(w, batch)
        # The rules change the columns of a batch, but neither dates nor ids.
        after = batch.last
        yield batch
        if len(found) < batch_rows:
            return


def _batch(w: Work, found: Sequence[Sequence[Any]], once: Sequence[UUID]) -> Batch:
    (ids, dates, amounts, currencies, accounts, shapes, counters, categories, payees, payee_ids, notes, texts) = map(
        list, zip(*found, strict=True)
    )  # fmt: skip
    rows = Rows(
        ids, dates, amounts, currencies, accounts, shapes, counters, categories, payees, notes, texts
    )  # fmt: skip
    places = {identity: index for index, identity in enumerate(ids)}
    _add_parts(w, rows, places)
    tags: dict[int, list[str]] = {}
    for identity, name in fetch(
        w,
        "SELECT tt.transaction_id, g.name FROM transaction_tag tt JOIN tag g ON g.tenant_id = tt.tenant_id"
        " AND g.id = tt.tag_id WHERE tt.transaction_id = ANY(%(ids)b::uuid[])",
        {"ids": ids},
    ):
        tags.setdefault(places[identity], []).append(name)
    rows.tags = {index: sorted_tags(names) for index, names in tags.items()}
    return Batch(rows, payee_ids, _add_origins(w, rows, places, once))


def _add_parts(w: Work, rows: Rows, places: Mapping[UUID, int]) -> None:
    split = [identity for identity, shape in zip(rows.ids, rows.shapes, strict=True) if shape == "split"]
    if not split:
        return
    found: dict[int, list[Part]] = {}
    for identity, account, amount, memo in fetch(
        w,
        "SELECT transaction_id, account_id, amount, memo FROM posting WHERE transaction_id = ANY(%(ids)b::uuid[])"
        " ORDER BY transaction_id, line",
        {"ids": split},
    ):
        index = places[identity]
        if account != rows.accounts[index]:
            found.setdefault(index, []).append((account, -amount, memo))
    rows.parts = {index: tuple(parts) for index, parts in found.items()}


def _add_origins(
    w: Work, rows: Rows, places: Mapping[UUID, int], once: Sequence[UUID]
) -> dict[int, dict[str, tuple[UUID, UUID | None]]]:
    by_hand: dict[int, set[str]] = {}
    origins: dict[int, dict[str, tuple[UUID, UUID | None]]] = {}
    for identity, name, rule_id, run_id in fetch(
        w,
        "SELECT transaction_id, field, rule_id, run_id FROM field_origin"
        " WHERE transaction_id = ANY(%(ids)b::uuid[])",
        {"ids": rows.ids},
    ):
        if rule_id is None:
            by_hand.setdefault(places[identity], set()).add(name)
        else:
            origins.setdefault(places[identity], {})[name] = (rule_id, run_id)
    rows.by_hand = {index: frozenset(names) for index, names in by_hand.items()}
    if once:
        spent: dict[int, set[UUID]] = {}
        for identity, rule_ids in fetch(
            w,
            "SELECT c.transaction_id, c.rule_ids FROM rule_change c JOIN rule_run r ON r.tenant_id = c.tenant_id"
            " AND r.id = c.run_id WHERE c.transaction_id = ANY(%(ids)b::uuid[]) AND c.rule_ids && %(once)b::uuid[]"
            " AND (r.status <> 'reversed' OR c.conflict)",
            {"ids": rows.ids, "once": list(once)},
        ):
            spent.setdefault(places[identity], set()).update(rule_ids)
        rows.spent = {index: frozenset(ids) for index, ids in spent.items()}
    return origins


def _add_links(w: Work, batch: Batch) -> None:
    """Note what each row settles. One that a rule linked and that settles nothing any more was let go by hand."""
    places = {identity: index for index, identity in enumerate(batch.rows.ids)}
    for identity, recurring_id, due in fetch(
        w,
        "SELECT transaction_id, recurring_id, due_date FROM occurrence WHERE transaction_id = ANY(%(ids)b::uuid[])",
        {"ids": batch.rows.ids},
    ):
        batch.rows.links[places[identity]] = (recurring_id, due)
    for index, origins in batch.origins.items():
        if "recurring" in origins and index not in batch.rows.links:
            batch.rows.by_hand[index] = batch.rows.by_hand.get(index, frozenset()) | {"recurring"}


def add_mirrored(w: Work, batch: Batch, accounts: Sequence[UUID]) -> None:
    """Note the rows whose money one of these accounts has an entry for, within a few days: the other bank's row.

    Such a pair waits on the review list of transfers; making a transfer of one alone would count the money twice.
    """
    places = {identity: index for index, identity in enumerate(batch.rows.ids)}
    found: dict[int, set[UUID]] = {}
    for identity, account in fetch(
        w,
        "SELECT t.id, o.account_id FROM transaction t JOIN transaction o ON o.tenant_id = t.tenant_id"
        " AND o.amount = -t.amount AND o.currency = t.currency AND o.shape = 'simple'"
        f" AND o.date BETWEEN t.date - {MIRROR_DAYS:d} AND t.date + {MIRROR_DAYS:d}"
        " WHERE t.id = ANY(%(ids)b::uuid[]) AND t.shape = 'simple' AND o.account_id <> t.account_id"
        " AND o.account_id = ANY(%(accounts)b::uuid[])",
        {"ids": batch.rows.ids, "accounts": list(accounts)},
        plan_anew=True,
    ):
        found.setdefault(places[identity], set()).add(account)
    batch.rows.mirrored = {index: frozenset(ids) for index, ids in found.items()}


def digest_of(
    batch: Batch, index: int, content: Content, payee_id: UUID | None, *, linked: bool = False
) -> bytes:
    """Return 16 bytes that stand for all of a row that a person or a rule could change, money included.

    What it settles counts only where the run `linked` it: otherwise a bill paid later would bar a reversal.
    """
    rows = batch.rows
    facts: tuple[Any, ...] = (
        rows.dates[index].toordinal(), rows.amounts[index], rows.currencies[index], rows.accounts[index].hex,
        content.shape, content.category_id and content.category_id.hex,
        content.parts and [(part[0].hex, part[1], part[2]) for part in content.parts],
        content.counter_id and content.counter_id.hex, payee_id and payee_id.hex, content.note, content.tags,
    )  # fmt: skip
    if linked:
        facts = (*facts, content.link and (content.link[0].hex, content.link[1].toordinal()))
    return hashlib.blake2b(repr(facts).encode(), digest_size=16).digest()
