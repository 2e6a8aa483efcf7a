"""The household's exchange rates: entered, imported, fetched when allowed; and sums in its base currency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from recaller.core.errors import NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.core.money import check_currency
from recaller.core.paging import Page, check_limit, encode_cursor, read_cursor
from recaller.core.scope import Scope
from recaller.domain.rates import (
    EURO,
    BadRates,
    Conversion,
    Rate,
    RateBook,
    RateHistory,
    price_text,
    read_reference_rates,
    written_rate,
)
from recaller.infra.rate_source import provide_reference_rates, reference_rates
from recaller.infra.work import Work, work
from recaller.services.daily import ErrorLog
from recaller.services.household_settings import get_household_settings, save_household_settings

EARLIEST = dt.date(1990, 1, 1)
CHUNK = 5000
# The bank's whole history is under a megabyte zipped, several as plain text or XML.
MAX_RATES_FILE_BYTES = 20_000_000
MAX_HISTORY = 20_000


@dataclass(frozen=True, slots=True)
class RateView:
    """A rate: `base_minor` minor units of `base` for `quote_minor` of `quote`; `price` is written for people."""

    id: UUID
    base: str
    quote: str
    date: dt.date
    base_minor: int
    quote_minor: int
    price: str
    source: str


@dataclass(frozen=True, slots=True)
class RatesImported:
    """What a file of rates brought, and the currencies of it that the household doesn't use."""

    added: int
    first: dt.date
    last: dt.date
    currencies: tuple[str, ...]
    left_out: int


def list_rates(
    w: Work, *, currency: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[RateView]:
    """Return the household's rates, newest first, optionally those of one currency, a page at a time."""
    most = check_limit(limit)
    day, last = read_cursor(cursor, dt.date.fromisoformat, UUID) if cursor else (None, None)
    rows = w.rows(
        "SELECT id, base, quote, date, base_minor, quote_minor, source FROM exchange_rate"
        " WHERE transaction_id IS NULL AND (CAST(:currency AS varchar) IS NULL OR :currency IN (base, quote))"
        " AND (CAST(:day AS date) IS NULL OR (date, id) < (CAST(:day AS date), CAST(:last AS uuid)))"
        " ORDER BY date DESC, id DESC LIMIT :most",
        currency=check_currency(currency) if currency else None,
        day=day,
        last=last,
        most=most + 1,
    )
    items = tuple(_view(row) for row in rows[:most])
    following = encode_cursor([items[-1].date, items[-1].id]) if len(rows) > most else None
    return Page(items, following)


def save_rate(w: Work, base: str, quote: str, on: dt.date, price: str) -> RateView:
    """Keep what one unit of `base` cost in `quote` that day, replacing the pair's rate of the day.

    Raises ValidationFailed naming the field that can't be right.
    """
    base, quote = check_currency(base, "base"), check_currency(quote, "quote")
    if not EARLIEST <= on <= w.today:
        raise ValidationFailed("date", "Give a day that has been.")
    rate = written_rate(base, quote, on, price)
    # The same pair the other way round would answer the same question: one rate a day.
    w.run(
        "DELETE FROM exchange_rate WHERE transaction_id IS NULL AND date = :on AND base = :quote AND quote = :base",
        on=on,
        base=base,
        quote=quote,
    )
    corrected = w.run(
        "UPDATE exchange_rate SET base_minor = :base_minor, quote_minor = :quote_minor, source = 'hand'"
        " WHERE transaction_id IS NULL AND date = :on AND base = :base AND quote = :quote",
        base_minor=rate.base_minor,
        quote_minor=rate.quote_minor,
        on=on,
        base=base,
        quote=quote,
    ).rowcount
    if not corrected:
        _insert(w, [rate], "hand")
    row = w.row(
        "SELECT id, base, quote, date, base_minor, quote_minor, source FROM exchange_rate"
        " WHERE transaction_id IS NULL AND base = :base AND quote = :quote AND date = :on",
        base=base,
        quote=quote,
        on=on,
    )
    assert row is not None
    view = _view(row)
    w.audit("save", "exchange rate", view.id, space_id=w.scope.shared_space_id, after=_audited(view))
    return view


def delete_rate(w: Work, rate_id: UUID) -> RateView:
    """Remove one of the household's rates; those of conversions belong to their transactions (NotFound)."""
    row = w.row(
        "SELECT id, base, quote, date, base_minor, quote_minor, source FROM exchange_rate"
        " WHERE id = :id AND transaction_id IS NULL",
        id=rate_id,
    )
    if row is None:
        raise NotFound("exchange rate", rate_id)
    view = _view(row)
    w.run("DELETE FROM exchange_rate WHERE id = :id", id=rate_id)
    w.audit("delete", "exchange rate", rate_id, space_id=w.scope.shared_space_id, before=_audited(view))
    return view


def import_rates(w: Work, content: bytes) -> RatesImported:
    """Take in a reference file of the European Central Bank: the currencies that the household uses.

    Rates entered by hand stay as they are. Raises BadRates when the file holds none.
    """
    used = used_currencies(w) - {EURO}
    first = last = None
    left_out: set[str] = set()
    kept: list[Rate] = []
    currencies: set[str] = set()
    added = 0
    for rate in read_reference_rates(content):
        if rate.quote not in used:
            left_out.add(rate.quote)
            continue
        first = rate.date if first is None else min(first, rate.date)
        last = rate.date if last is None else max(last, rate.date)
        currencies.add(rate.quote)
        kept.append(rate)
        if len(kept) >= CHUNK:
            added += _insert(w, kept, "ecb")
            kept.clear()
    added += _insert(w, kept, "ecb")
    if first is None or last is None:
        named = ", ".join(sorted(used)) or "only the euro"
        raise BadRates(f"The file has no rates of the currencies used here ({named}).")
    found = RatesImported(added, first, last, tuple(sorted(currencies)), len(left_out))
    w.audit(
        "import",
        "exchange rates",
        None,
        space_id=w.scope.shared_space_id,
        after={"rates": added, "from": str(first), "to": str(last), "currencies": list(found.currencies)},
    )
    return found


def used_currencies(w: Work) -> set[str]:
    """Return the currencies of the household: its own, its accounts', those of rates entered by hand."""
    rows = w.rows(
        "SELECT currency AS code FROM account WHERE currency IS NOT NULL UNION SELECT base FROM exchange_rate"
        " WHERE source = 'hand' UNION SELECT quote FROM exchange_rate WHERE source = 'hand' LIMIT 200"
    )
    return {w.scope.base_currency, *(str(row.code) for row in rows)}


def rate_book(w: Work, on: dt.date, *, currencies: Iterable[str]) -> RateBook:
    """Return the rates known on a day: of each pair the latest on or before it, the household's own before others'."""
    wanted = sorted({*currencies, EURO})
    rows = w.rows(
        "SELECT DISTINCT ON (base, quote) base, quote, date, base_minor, quote_minor FROM exchange_rate"
        " WHERE transaction_id IS NULL AND date <= :on AND base = ANY(CAST(:codes AS varchar[]))"
        " AND quote = ANY(CAST(:codes AS varchar[])) ORDER BY base, quote, date DESC",
        on=on,
        codes=wanted,
    )
    return RateBook(Rate(row.base, row.quote, row.date, row.base_minor, row.quote_minor) for row in rows)


def rate_history(
    w: Work, first: dt.date, last: dt.date, *, currencies: Iterable[str], within_days: int
) -> RateHistory:
    """Return the rates between these currencies from `within_days` before the first day to as many after the last."""
    reach = dt.timedelta(within_days)
    rows = w.rows(
        "SELECT base, quote, date, base_minor, quote_minor FROM exchange_rate WHERE transaction_id IS NULL"
        " AND date BETWEEN :first AND :last AND base = ANY(CAST(:codes AS varchar[]))"
        " AND quote = ANY(CAST(:codes AS varchar[])) ORDER BY date DESC LIMIT :most",
        first=first - reach,
        last=last + reach,
        codes=sorted({*currencies, EURO}),
        most=MAX_HISTORY,
    )
    return RateHistory(
        (Rate(row.base, row.quote, row.date, row.base_minor, row.quote_minor) for row in rows),
        within_days=within_days,
    )


def convert(w: Work, minor: int, base: str, quote: str, on: dt.date) -> Conversion | None:
    """Return minor units of `base` in `quote` at the latest rate on or before the day; None when none is known."""
    return rate_book(w, on, currencies=(base, quote)).convert(minor, base, quote, on)


def total_in(w: Work, sums: Mapping[str, int], quote: str, on: dt.date) -> Conversion | None:
    """Return sums by currency (minor units) as one amount in `quote`; None when a rate is missing."""
    return rate_book(w, on, currencies=(*sums, quote)).total(sums, quote, on)


def set_fetching(w: Work, *, allowed: bool) -> bool:
    """Allow or stop the nightly download of reference rates (administrators only); returns whether it is allowed."""
    settings = replace(get_household_settings(w), fetch_rates=allowed)
    return save_household_settings(w, settings).fetch_rates


def prepare_rates(scope: Scope) -> None:
    """Have the reference rates downloaded for a household that allows it, before its run's transaction begins."""
    with work(scope, read_only=True) as w:
        wanted = _wants_rates(w)
    if wanted:
        provide_reference_rates()


def fetch_rates_daily(w: Work, _errors: ErrorLog) -> Mapping[str, int]:
    """Take in the reference rates of the last months for a household that allows it; does nothing for any other.

    `prepare_rates` has downloaded them. Raises RatesUnavailable when they couldn't be had.
    """
    if not _wants_rates(w):
        return {"rates": 0}
    return {"rates": import_rates(w, reference_rates()).added}


def _wants_rates(w: Work) -> bool:
    return get_household_settings(w).fetch_rates and bool(used_currencies(w) - {EURO})


_INSERT = """
INSERT INTO exchange_rate (tenant_id, space_id, id, base, quote, date, base_minor, quote_minor, source)
SELECT :tenant, :space, i, b, q, d, m, n, CAST(:source AS varchar)
  FROM unnest(CAST(:ids AS uuid[]), CAST(:bases AS varchar[]), CAST(:quotes AS varchar[]), CAST(:days AS date[]),
              CAST(:base_minors AS bigint[]), CAST(:quote_minors AS bigint[])) AS v(i, b, q, d, m, n)
ON CONFLICT (tenant_id, base, quote, date) WHERE transaction_id IS NULL
DO UPDATE SET base_minor = excluded.base_minor, quote_minor = excluded.quote_minor
 WHERE exchange_rate.source = 'ecb' AND (exchange_rate.base_minor, exchange_rate.quote_minor)
       IS DISTINCT FROM (excluded.base_minor, excluded.quote_minor)
"""


def _insert(w: Work, rates: list[Rate], source: str) -> int:
    """Write rates, one a day and pair; what was entered by hand is not overwritten. Returns how many were written."""
    unique = {(rate.base, rate.quote, rate.date): rate for rate in rates}
    if not unique:
        return 0
    return w.run(
        _INSERT,
        tenant=w.scope.tenant_id,
        space=w.scope.shared_space_id,
        source=source,
        ids=[new_id() for _ in unique],
        bases=[rate.base for rate in unique.values()],
        quotes=[rate.quote for rate in unique.values()],
        days=[rate.date for rate in unique.values()],
        base_minors=[rate.base_minor for rate in unique.values()],
        quote_minors=[rate.quote_minor for rate in unique.values()],
    ).rowcount


def _view(row: object) -> RateView:
    members = dict(row._mapping)  # type: ignore[attr-defined]
    rate = Rate(
        members["base"], members["quote"], members["date"], members["base_minor"], members["quote_minor"]
    )
    return RateView(**members, price=price_text(rate.price))


def _audited(view: RateView) -> dict[str, str]:
    return {"base": view.base, "quote": view.quote, "date": view.date.isoformat(), "price": view.price}
