"""Exchange rates of the household: listed, entered, imported from a reference file, used to convert."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StrictInt

from recaller.api.dependencies import CurrentScope
from recaller.api.imports import Upload, uploaded_file
from recaller.api.schemas import COMMON_PROBLEMS, Body, Fields, Paging
from recaller.core.errors import NotFound
from recaller.core.paging import Page
from recaller.domain.rates import Conversion
from recaller.infra.work import work
from recaller.services import rates
from recaller.services.rates import RatesImported, RateView

router = APIRouter(prefix="/exchange-rates", tags=["exchange rates"], responses=COMMON_PROBLEMS)

Code = Annotated[str, Field(min_length=3, max_length=3, pattern=r"^[A-Za-z]{3}$", examples=["EUR"])]
QuoteCode = Annotated[str, Field(min_length=3, max_length=3, pattern=r"^[A-Za-z]{3}$", examples=["USD"])]
_CODE = r"^[A-Za-z]{3}$"


class NewRate(Body):
    """What one unit of `base` cost in `quote` on a day."""

    base: Code
    quote: QuoteCode
    date: Annotated[dt.date, Field(examples=["2026-01-02"])]
    price: Annotated[
        str,
        Field(
            max_length=30,
            pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?$",
            examples=["1.0931"],
            description="Units of `quote` for one unit of `base`, as an exact decimal.",
        ),
    ]


class Exchange(Body):
    """An amount of `base`, wanted in `quote`."""

    amount: Annotated[StrictInt, Field(ge=-(10**15), le=10**15, description="Minor units of `base`.")]
    base: Code
    quote: QuoteCode
    on: Annotated[dt.date | None, Field(description="The day of the rate; today when left out.")] = None


@router.get("", response_model=Page[RateView])
def list_rates(
    scope: CurrentScope,
    fields: Fields,
    page: Paging,
    currency: Annotated[str | None, Query(pattern=_CODE, description="Only rates of this currency.")] = None,
) -> object:
    """Return the household's rates, newest first."""
    with work(scope, read_only=True) as w:
        return fields.reply(rates.list_rates(w, currency=currency, cursor=page.cursor, limit=page.limit))


@router.put("", response_model=RateView)
def save_rate(body: NewRate, scope: CurrentScope) -> object:
    """Keep a rate, replacing the pair's rate of that day."""
    with work(scope) as w:
        return rates.save_rate(w, body.base, body.quote, body.date, body.price)


@router.post("/convert")
def convert(body: Exchange, scope: CurrentScope) -> Conversion:
    """Return an amount in another currency at the latest rate on or before the day, and that rate's day."""
    with work(scope, read_only=True) as w:
        found = rates.convert(w, body.amount, body.base.upper(), body.quote.upper(), body.on or w.today)
        if found is None:
            raise NotFound("exchange rate", None)
        return found


@router.post("/import")
def import_rates(file: Annotated[Upload, Depends(uploaded_file)], scope: CurrentScope) -> RatesImported:
    """Take in a reference file of the European Central Bank (`eurofxref`, CSV or XML, plain or zipped)."""
    with work(scope) as w:
        return rates.import_rates(w, file.content)


@router.delete("/{rate_id}", status_code=204)
def delete_rate(rate_id: UUID, scope: CurrentScope) -> None:
    """Remove a rate that was entered or imported."""
    with work(scope) as w:
        rates.delete_rate(w, rate_id)
