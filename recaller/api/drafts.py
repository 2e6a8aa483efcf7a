"""Bodies that describe a transaction, and the filter that lists are asked with."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field, StrictInt

from recaller.api.schemas import NO_NUL, Body, Currency, Day, Minor, Version
from recaller.core.errors import ValidationFailed
from recaller.core.money import MAX_MINOR
from recaller.domain.filters import KINDS, MAX_TEXT, SHAPES, STATUSES, TransactionFilter
from recaller.infra.work import Work
from recaller.services.accounts import get_account
from recaller.services.transactions import EntryDraft, Part, TransferDraft

MAX_PARTS = 200

Positive = Annotated[StrictInt, Field(gt=0, le=MAX_MINOR)]
Payee = Annotated[str, Field(max_length=200, pattern=NO_NUL, examples=["Baker"])]
Note = Annotated[str, Field(max_length=2000, pattern=NO_NUL)]
Status = Literal["booked", "pending"]
Tag = Annotated[str, Field(min_length=1, max_length=60, pattern=NO_NUL, examples=["holiday"])]
Tags = Annotated[tuple[Tag, ...], Field(max_length=40)]


class PartBody(Body):
    """A share of a split: signed like the entry's amount, for a category or another account of the same currency."""

    category_id: Annotated[UUID | None, Field(description="null: not categorised yet.")] = None
    amount: Annotated[Minor, Field(examples=[-750])]
    memo: Annotated[str, Field(max_length=500, pattern=NO_NUL)] = ""


class EntryContent(Body):
    """Money into (+) or out of (-) an account, for one category or split over several parts."""

    type: Literal["entry"]
    account_id: UUID
    amount: Annotated[Minor, Field(examples=[-1250])]
    currency: Annotated[
        Currency | None, Field(description="When given, it must be the account's: a guard against mistakes.")
    ] = None
    category_id: Annotated[UUID | None, Field(description="The one category; leave it out with `parts`.")] = (
        None
    )
    parts: Annotated[tuple[PartBody, ...], Field(max_length=MAX_PARTS)] = ()
    payee: Payee = ""
    note: Note = ""
    tags: Tags = ()


class TransferContent(Body):
    """Money moved between two own accounts; between two currencies, `target_amount` says what arrives."""

    type: Literal["transfer"]
    source_id: UUID
    target_id: UUID
    amount: Annotated[Positive, Field(description="Minor units of the source's currency.", examples=[50_000])]
    target_amount: Annotated[
        Positive | None, Field(description="Minor units of the target's currency, when it is another one.")
    ] = None
    payee: Payee = ""
    note: Note = ""
    tags: Tags = ()


class EntryBody(EntryContent):
    """An entry on a day."""

    date: Annotated[Day, Field(examples=["2026-11-05"])]
    status: Status = "booked"


class TransferBody(TransferContent):
    """A transfer on a day."""

    date: Annotated[Day, Field(examples=["2026-11-05"])]
    status: Status = "booked"


class EntryEdit(EntryBody):
    """An entry's content as a whole."""

    version: Version | None = None


class TransferEdit(TransferBody):
    """A transfer's content as a whole."""

    version: Version | None = None


NewTransaction = Annotated[EntryBody | TransferBody, Field(discriminator="type")]
TransactionEdit = Annotated[EntryEdit | TransferEdit, Field(discriminator="type")]


def draft_of(w: Work, body: EntryBody | TransferBody) -> EntryDraft | TransferDraft:
    """Return what the services take; raise ValidationFailed for contradictory fields."""
    if isinstance(body, TransferBody):
        return TransferDraft(**body.model_dump(include=set(TransferDraft.__dataclass_fields__)))
    parts = parts_of(w, body)
    return EntryDraft(
        date=body.date,
        account_id=body.account_id,
        amount=body.amount,
        payee=body.payee,
        parts=parts,
        note=body.note,
        status=body.status,
        tags=body.tags,
    )


def parts_of(w: Work, body: EntryContent) -> tuple[Part, ...]:
    """Return the parts of an entry; raise ValidationFailed for contradictory fields."""
    if body.currency is not None:
        kept = get_account(w, body.account_id).currency
        if kept != body.currency.upper():
            raise ValidationFailed("currency", f"This account is kept in {kept}.")
    if body.category_id is not None and body.parts:
        raise ValidationFailed("category_id", "A split names its categories in its parts.")
    parts = tuple(Part(part.category_id, part.amount, part.memo) for part in body.parts)
    if body.category_id is not None:
        parts = (Part(body.category_id, body.amount),)
    return parts


_IDS = "Ids, separated by commas: any of them"


def transaction_filter(
    account: Annotated[str | None, Query(max_length=4000, description=f"{_IDS}.")] = None,
    category: Annotated[
        str | None, Query(max_length=4000, description=f"{_IDS}, or a category below one.")
    ] = None,
    payee: Annotated[str | None, Query(max_length=4000, description=f"{_IDS}.")] = None,
    tag: Annotated[str | None, Query(max_length=4000, description=f"{_IDS}.")] = None,
    kind: Annotated[
        str | None, Query(max_length=100, description=f"Of {', '.join(KINDS)}, separated by commas.")
    ] = None,
    date_from: Annotated[Day | None, Query(alias="from", description="The first date.")] = None,
    date_to: Annotated[Day | None, Query(alias="to", description="The last date.")] = None,
    amount_min: Annotated[
        int | None, Query(alias="min", ge=0, le=MAX_MINOR, description="Least amount, minor units, no sign.")
    ] = None,
    amount_max: Annotated[
        int | None,
        Query(alias="max", ge=0, le=MAX_MINOR, description="Largest amount, minor units, no sign."),
    ] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=MAX_TEXT,
            description="Typo-tolerant search, with operators like the page's: `baker amount:>20 is:split`.",
        ),
    ] = None,
    status: Annotated[
        str | None, Query(description="The bank's word on it.", json_schema_extra={"enum": list(STATUSES)})
    ] = None,
    shape: Annotated[
        str | None, Query(description="What it is made of.", json_schema_extra={"enum": list(SHAPES)})
    ] = None,
    uncategorised: Annotated[bool, Query(description="Only those without a category yet.")] = False,
    batch: Annotated[UUID | None, Query(description="The import that they came with.")] = None,
    currency: Annotated[Currency | None, Query(description="Only postings in this currency.")] = None,
) -> TransactionFilter:
    """Read the filter from the same parameters as the page's URL."""
    given = {
        "account": account, "category": category, "payee": payee, "tag": tag, "kind": kind, "from": date_from,
        "to": date_to, "min": amount_min, "max": amount_max, "q": q, "status": status, "shape": shape,
        "uncategorised": "1" if uncategorised else None, "batch": batch, "currency": currency,
    }  # fmt: skip
    return TransactionFilter.from_query(
        {name: str(value) for name, value in given.items() if value is not None}
    )


Filter = Annotated[TransactionFilter, Depends(transaction_filter)]
