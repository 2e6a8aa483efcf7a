"""Bodies that describe a recurring transaction: the content of a transaction, when it recurs, how it is treated."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi.openapi.models import Example
from pydantic import Field, StrictInt

from recaller.api.drafts import EntryContent, Positive, TransferContent, parts_of
from recaller.api.schemas import NO_NUL, Body, Day, Minor, Version
from recaller.core.errors import ValidationFailed
from recaller.core.money import MAX_MINOR
from recaller.domain.recurrence import MAX_COUNT, Recurrence, Shift, recurrence_of
from recaller.infra.work import Work
from recaller.services.recurring import RecurringDraft

# A recurrence's parts that are no fields of their own here: they all come out of the rule.
_OWN_FIELDS = frozenset({"start", "until", "count", "shift", "country"})
_ONE, _OTHER = "0193f1d2-c4a8-7b3e-9d1f-2a6b8c0e4f10", "0193f1d2-c4a8-7b3e-9d1f-2a6b8c0e4f11"
_RENT: dict[str, Any] = {
    "type": "entry",
    "name": "Rent",
    "account_id": _ONE,
    "amount": -80_000,
    "payee": "Oakwood Apartments",
    "rule": "FREQ=MONTHLY;BYMONTHDAY=31",
    "start": "2026-12-31",
    "shift": "before",
    "country": "DE",
}
_SAVING: dict[str, Any] = {
    "type": "transfer",
    "name": "Saving",
    "source_id": _ONE,
    "target_id": _OTHER,
    "amount": 20_000,
    "rule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "start": "2026-12-01",
    "count": 12,
    "mode": "confirm",
    "lead_days": [3, 0],
}
NEW_EXAMPLES: dict[str, Example] = {
    "bill": {"summary": "A bill on the last day of each month", "value": _RENT},
    "saving": {"summary": "A transfer on each last business day, a year long", "value": _SAVING},
}
EDIT_EXAMPLES: dict[str, Example] = {"bill": {"summary": "A bill", "value": _RENT | {"version": 1}}}
CHANGE_EXAMPLES: dict[str, Example] = {
    "rise": {
        "summary": "A new rent from May on",
        "value": _RENT | {"amount": -85_000, "from": "2027-05-01", "version": 1},
    }
}


class PlanBody(Body):
    """When it recurs and how it is treated."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL, examples=["Rent"])]
    rule: Annotated[
        str,
        Field(
            min_length=1,
            max_length=300,
            pattern=NO_NUL,
            description="An RRULE (RFC 5545) without DTSTART: FREQ DAILY, WEEKLY, MONTHLY or YEARLY, with INTERVAL,"
            " BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS, and UNTIL or COUNT. A day that a month lacks falls on its last one"
            " and doesn't drift; BYDAY=MO,TU,WE,TH,FR with BYSETPOS=-1 is the last business day.",
            examples=["FREQ=MONTHLY"],
        ),
    ]
    start: Annotated[
        Day,
        Field(description="Nothing is due before; dates up to today are caught up.", examples=["2026-12-01"]),
    ]
    until: Annotated[Day | None, Field(description="The last date that may be due; not with `count`.")] = None
    count: Annotated[
        Annotated[StrictInt, Field(ge=1, le=MAX_COUNT)] | None,
        Field(description="After so many times it is over."),
    ] = None
    shift: Annotated[
        Literal["none", "before", "after", "modified"],
        Field(
            description="Where a date goes that is no business day; `modified`: the day after, within the month."
        ),
    ] = "none"
    country: Annotated[
        Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")] | None,
        Field(description="Whose holidays count, ISO 3166 alpha-2; null: the household's.", examples=["DE"]),
    ] = None
    amount_kind: Literal["fixed", "estimated"] = "fixed"
    tolerance_minor: Annotated[
        StrictInt, Field(ge=0, le=MAX_MINOR, description="Minor units off that still count as paid.")
    ] = 0
    tolerance_percent: Annotated[
        StrictInt,
        Field(ge=0, le=100, description="Percent off that still count as paid, if that allows more."),
    ] = 0
    mode: Annotated[
        Literal["auto", "confirm"], Field(description="Posted by itself, or waiting for a member's yes.")
    ] = "auto"
    lead_days: Annotated[
        tuple[Annotated[StrictInt, Field(ge=0, le=60)], ...] | None,
        Field(
            max_length=5,
            description="Remind so many days before; []: never; null: as each member has it.",
            examples=[[3, 0]],
        ),
    ] = None

    def recurrence(self) -> Recurrence:
        """Return when it recurs; raise ValidationFailed naming the field that is wrong."""
        try:
            one = recurrence_of(
                self.rule,
                self.start,
                until=self.until,
                count=self.count,
                shift=Shift(self.shift),
                country=self.country,
            )
        except ValidationFailed as error:
            if error.field in _OWN_FIELDS:
                raise
            raise ValidationFailed("rule", error.message) from error
        for field in ("until", "count"):
            told = getattr(self, field)
            if told is not None and told != getattr(one, field):
                raise ValidationFailed(field, "The rule and this field name different ends.")
        return one


class EntryTemplate(EntryContent, PlanBody):
    """Money into (+) or out of (-) an account, again and again."""


class TransferTemplate(TransferContent, PlanBody):
    """Money moved between two own accounts, again and again."""


class EntryTemplateEdit(EntryTemplate):
    """A recurring entry's content as a whole."""

    version: Version | None = None


class TransferTemplateEdit(TransferTemplate):
    """A recurring transfer's content as a whole."""

    version: Version | None = None


_From = Annotated[
    Day, Field(alias="from", description="The first day of the new content.", examples=["2027-05-01"])
]


class EntryTemplateChange(EntryTemplateEdit):
    """A recurring entry's content from a day on."""

    first: _From


class TransferTemplateChange(TransferTemplateEdit):
    """A recurring transfer's content from a day on."""

    first: _From


NewRecurring = Annotated[EntryTemplate | TransferTemplate, Field(discriminator="type")]
RecurringEdit = Annotated[EntryTemplateEdit | TransferTemplateEdit, Field(discriminator="type")]
RecurringChange = Annotated[EntryTemplateChange | TransferTemplateChange, Field(discriminator="type")]


class Posting(Body):
    """What goes into the ledger for a date, where it differs from what is planned."""

    on: Annotated[Day | None, Field(description="The date in the ledger.")] = None
    amount: Annotated[
        Minor | None, Field(description="The actual amount, signed as the template's, minor units.")
    ] = None
    target_amount: Annotated[
        Positive | None, Field(description="What arrives of a transfer into another currency.")
    ] = None

    def values(self) -> dict[str, Any]:
        """Return the service's arguments."""
        return {"on": self.on, "amount": self.amount, "target_amount": self.target_amount}


class PostNow(Posting):
    """What to post now: the earliest open date, unless one is named."""

    due_date: Day | None = None


class End(Body):
    """When a recurring transaction ends."""

    after: Annotated[
        Day, Field(description="The last nominal date that may be due.", examples=["2027-12-31"])
    ]
    version: Version | None = None


class Payment(Body):
    """The transaction that pays a date."""

    transaction_id: UUID
    replace: Annotated[
        bool, Field(description="Delete what was posted for the date, instead of refusing with 409.")
    ] = False


def recurring_draft(w: Work, body: EntryTemplate | TransferTemplate) -> RecurringDraft:
    """Return what the services take; raise ValidationFailed naming the field that is wrong."""
    plan: dict[str, Any] = {
        "name": body.name,
        "recurrence": body.recurrence(),
        "payee": body.payee,
        "note": body.note,
        "tags": body.tags,
        "amount": body.amount,
        "amount_kind": body.amount_kind,
        "tolerance_minor": body.tolerance_minor,
        "tolerance_percent": body.tolerance_percent,
        "mode": body.mode,
        "lead_days": body.lead_days,
    }
    if isinstance(body, TransferTemplate):
        return RecurringDraft(
            **plan, account_id=body.source_id, target_id=body.target_id, target_amount=body.target_amount
        )
    return RecurringDraft(**plan, account_id=body.account_id, parts=parts_of(w, body))
