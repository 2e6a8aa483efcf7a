"""What the rules' services hand out: rules, runs, and changes row by row, with every name that they show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date as calendar_date  # a field named date would hide the type
from datetime import datetime
from typing import Any
from uuid import UUID

from recaller.domain.rules.rows import Content, Link
from recaller.infra.work import Work


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule. `problem` says why it can't run now ("" = it can), `sentence` what it does, amounts without a locale.

    `conditions` and `actions` are in the JSON form that rules are made from. `changed` counts the rows that it changed
    so far, runs that were taken back left out.
    """

    id: UUID
    name: str
    position: int
    conditions: Mapping[str, Any]
    actions: tuple[Mapping[str, Any], ...]
    active: bool
    stop: bool
    once: bool
    private: bool
    version: int
    problem: str
    sentence: str
    changed: int


@dataclass(frozen=True, slots=True)
class RanView:
    """A rule in a run: for how many rows its conditions held, and how many it changed."""

    rule_id: UUID | None
    name: str
    matched: int
    changed: int


@dataclass(frozen=True, slots=True)
class ProblemView:
    """A rule that was left out of a run, and why."""

    rule_id: UUID | None
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class RunView:
    """A run of a space's rules. Times are UTC.

    `status`: 'queued', 'done', 'failed', 'stopped', 'reversed'; `cause`: 'manual', 'import'. `restored` and `conflicts`
    count what a reversal brought back and what it left alone because it had been changed since.
    """

    id: UUID
    status: str
    cause: str
    private: bool
    scanned: int
    changed: int
    restored: int
    conflicts: int
    rules: tuple[RanView, ...]
    problems: tuple[ProblemView, ...]
    batch_id: UUID | None
    batch_name: str
    job_id: UUID | None
    created_at: datetime
    finished_at: datetime | None
    reversed_at: datetime | None


@dataclass(frozen=True, slots=True)
class PartView:
    """A part of a split: its share in minor units of the row's currency, signed like the row's amount."""

    category_id: UUID
    category: str
    amount: int
    memo: str


@dataclass(frozen=True, slots=True)
class ContentView:
    """What rules can change of a row, with names. An empty category name means that it isn't shown or not visible.

    `due_date` is the nominal date of the recurring item that the row settles (both None: no item, or not shown).
    """

    shape: str
    category_id: UUID | None
    category: str
    parts: tuple[PartView, ...]
    counter_id: UUID | None
    counter: str
    payee: str
    note: str
    tags: tuple[str, ...]
    recurring_id: UUID | None = None
    recurring: str = ""
    due_date: calendar_date | None = None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One row before and after. `fields` names each field that differs, with the rule that set it.

    `conflict` marks a row that a reversal left alone. `amount` in minor units of `currency`, signed.
    """

    transaction_id: UUID
    date: calendar_date
    account: str
    amount: int
    currency: str
    before: ContentView
    after: ContentView
    fields: Mapping[str, str]
    conflict: bool = False


def names_of(w: Work, contents: Iterable[Content], accounts: Iterable[UUID] = ()) -> dict[UUID, str]:
    """Return the names of every category, account and recurring item that these contents show, in two queries."""
    contents = list(contents)
    names = recurring_names(w, {content.link[0] for content in contents if content.link is not None})
    ids = set(accounts)
    for content in contents:
        ids |= {one for one in (content.category_id, content.counter_id) if one is not None}
        ids |= {part[0] for part in content.parts or ()}
    if not ids:
        return names
    rows = w.rows("SELECT id, name FROM account WHERE id = ANY(CAST(:ids AS uuid[]))", ids=list(ids))
    return names | {row.id: row.name for row in rows}


def recurring_names(w: Work, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of these recurring items, as far as they are in sight; deleted ones too."""
    if not ids:
        return {}
    rows = w.rows("SELECT id, name FROM recurring WHERE id = ANY(CAST(:ids AS uuid[]))", ids=list(ids))
    return {row.id: row.name for row in rows}


def content_view(content: Content, names: Mapping[UUID, str]) -> ContentView:
    """Return a content with its names."""
    return ContentView(
        content.shape,
        content.category_id,
        names.get(content.category_id, "") if content.category_id else "",
        tuple(PartView(part[0], names.get(part[0], ""), part[1], part[2]) for part in content.parts or ()),
        content.counter_id,
        names.get(content.counter_id, "") if content.counter_id else "",
        content.payee,
        content.note,
        content.tags,
        content.link[0] if content.link else None,
        names.get(content.link[0], "") if content.link else "",
        content.link[1] if content.link else None,
    )


def content_json(content: Content, fields: Iterable[str]) -> dict[str, Any]:
    """Return the named fields of a content, JSON-ready."""
    written: dict[str, Any] = {}
    for name in fields:
        if name == "category":
            written[name] = {
                "shape": content.shape,
                "category": content.category_id and str(content.category_id),
                "parts": content.parts and [[str(part[0]), part[1], part[2]] for part in content.parts],
                "counter": content.counter_id and str(content.counter_id),
            }
        elif name == "recurring":
            written[name] = content.link and {"id": str(content.link[0]), "due": content.link[1].isoformat()}
        else:
            written[name] = getattr(content, name)
    return written


def content_from_json(stored: Mapping[str, Any], otherwise: Content) -> Content:
    """Return `otherwise` with the fields that are stored put in their place."""
    side = stored.get("category")
    parts = otherwise.parts if side is None else side["parts"]
    return Content(
        otherwise.shape if side is None else side["shape"],
        otherwise.category_id if side is None else _id(side["category"]),
        None if parts is None else tuple((UUID(str(part[0])), int(part[1]), str(part[2])) for part in parts),
        otherwise.counter_id if side is None else _id(side["counter"]),
        stored.get("payee", otherwise.payee),
        stored.get("note", otherwise.note),
        tuple(stored.get("tags", otherwise.tags)),
        link_from_json(stored["recurring"]) if "recurring" in stored else otherwise.link,
    )


def link_from_json(stored: Mapping[str, str] | None) -> Link | None:
    """Return a link as `content_json` wrote it."""
    return None if stored is None else (UUID(stored["id"]), calendar_date.fromisoformat(stored["due"]))


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
