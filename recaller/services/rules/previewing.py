"""Shows what rules would do: the same reading and the same engine as applying, without the writing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from recaller.core.paging import check_limit, encode_cursor, read_cursor
from recaller.domain.rules.engine import Change, Outcome
from recaller.domain.rules.model import Rule
from recaller.infra.work import Work
from recaller.services.rules.linking import plan_links
from recaller.services.rules.preparing import Prepared, prepare
from recaller.services.rules.selecting import BATCH_ROWS, Batch, Key, Selection, add_mirrored, read_batches
from recaller.services.rules.views import ChangeView, ProblemView, content_view, names_of

PREVIEW_PAGE = 20
PAGE_ROWS = 1000
STATEMENT_TIMEOUT = "SET LOCAL statement_timeout = '120s'"


@dataclass(frozen=True, slots=True)
class PreviewView:
    """A page of the rows that would change, newest first.

    `matched` counts the rows for which a rule's conditions hold, `changed` those that would differ, `scanned` all that
    were looked at: exact, and None on pages after the first, where they aren't counted again.
    """

    rows: tuple[ChangeView, ...]
    next_cursor: str | None
    matched: int | None
    changed: int | None
    scanned: int | None
    problems: tuple[ProblemView, ...]


def planned(
    w: Work,
    space_id: UUID,
    prepared: Prepared,
    selection: Selection,
    *,
    after: Key | None = None,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[tuple[Batch, Outcome]]:
    """Give each batch with what the rules make of it. Preview and apply both go through here, and nowhere else."""
    assigned = plan_links(w, space_id, prepared, selection)
    for batch in read_batches(
        w,
        space_id,
        selection,
        once=prepared.once,
        after=after,
        batch_rows=batch_rows,
        links=bool(prepared.links_to),
    ):
        if prepared.transfers_to:
            add_mirrored(w, batch, prepared.transfers_to)
        batch.assigned = assigned
        yield batch, prepared.engine.run(batch.rows, assigned)


def preview_rules(
    w: Work,
    space_id: UUID,
    rules: Sequence[Rule],
    selection: Selection | None = None,
    *,
    cursor: str | None = None,
    limit: int = PREVIEW_PAGE,
) -> PreviewView:
    """Return a page of what these rules, in this order, would change in the space; nothing is written.

    The first page counts everything. Raises ValidationFailed for a cursor, limit or filter that makes no sense.
    """
    w.run(STATEMENT_TIMEOUT)
    after = None if cursor is None else _key(cursor)
    most = check_limit(limit)
    prepared = prepare(w, space_id, rules)
    matched: Counter[int] = Counter()
    scanned = changed = 0
    shown: list[tuple[Batch, Change]] = []
    # Later pages look no further than they must.
    batch_rows = BATCH_ROWS if cursor is None else PAGE_ROWS
    meant = selection or Selection()
    for batch, outcome in planned(w, space_id, prepared, meant, after=after, batch_rows=batch_rows):
        scanned += len(batch.rows)
        changed += len(outcome.changes)
        matched.update(outcome.matched)
        shown += [(batch, change) for change in outcome.changes[: most + 1 - len(shown)]]
        if cursor is not None and len(shown) > most:
            break
    more = len(shown) > most
    shown = shown[:most]
    last = shown[-1] if shown else None
    first = cursor is None
    return PreviewView(
        rows=change_views(w, prepared, shown),
        next_cursor=_cursor(*last) if last and more else None,
        matched=max(matched.values(), default=0) if first else None,
        changed=changed if first else None,
        scanned=scanned if first else None,
        problems=tuple(ProblemView(one.rule_id, one.name, one.message) for one in prepared.problems),
    )


def change_views(
    w: Work, prepared: Prepared, shown: Sequence[tuple[Batch, Change]]
) -> tuple[ChangeView, ...]:
    """Return changes with every name that they show."""
    contents = [content for _, change in shown for content in (change.before, change.after)]
    names = names_of(w, contents, {batch.rows.accounts[change.index] for batch, change in shown})
    views = []
    for batch, change in shown:
        rows, index = batch.rows, change.index
        views.append(
            ChangeView(
                rows.ids[index],
                rows.dates[index],
                names.get(rows.accounts[index], ""),
                rows.amounts[index],
                rows.currencies[index],
                content_view(change.before, names),
                content_view(change.after, names),
                {name: prepared.engine.rules[number].name for name, number in change.fields.items()},
            )
        )
    return tuple(views)


def _cursor(batch: Batch, change: Change) -> str:
    return encode_cursor([batch.rows.dates[change.index].isoformat(), str(batch.rows.ids[change.index])])


def _key(cursor: str) -> Key:
    day, identity = read_cursor(cursor, date.fromisoformat, UUID)
    return day, identity
