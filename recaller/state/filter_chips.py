"""The filters of the transaction list: their URL parameters, their chips, and what the panel's fields show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.core.money import MAX_MINOR
from recaller.domain.amount_input import parse_amount
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import Work
from recaller.services.accounts import list_accounts
from recaller.services.categories import list_categories
from recaller.services.payees import get_payees
from recaller.services.tags import list_tags
from recaller.state.formatting import Formatter

LISTS = ("account", "category", "payee", "tag", "kind")
SINGLE = ("from", "to", "min", "max", "status", "shape", "uncategorised", "batch", "currency", "q")
PARAMETERS = (*LISTS, *SINGLE)
PRESETS = (
    ("this-month", "This month"),
    ("last-month", "Last month"),
    ("30-days", "30 days"),
    ("this-year", "This year"),
    ("last-year", "Last year"),
)
SHAPES = {
    "simple": "Simple",
    "split": "Splits",
    "transfer": "Transfers",
    "conversion": "Currency transfers",
    "opening": "Opening balances",
    "journal": "Several parts",
}
KINDS = {"asset": "Assets", "liability": "Debts", "income": "Income", "expense": "Spending"}


@dataclass(frozen=True)
class FilterChip:
    """A filter that is on; `key` is its parameter and value, as `remove` takes them."""

    key: str
    label: str


def known(query: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of the URL that are filters."""
    return {name: query[name] for name in PARAMETERS if query.get(name)}


def address(path: str, query: Mapping[str, str]) -> str:
    """Return the page's address with these parameters."""
    text = urlencode({name: value for name, value in query.items() if value}, safe=",")
    return f"{path}?{text}" if text else path


def with_value(query: Mapping[str, str], parameter: str, value: str) -> dict[str, str]:
    """Return the parameters with one more value of a list, or another value of a single one ("" removes it)."""
    changed = known(query)
    if parameter in LISTS:
        values = [*filter(None, changed.get(parameter, "").split(",")), value]
        changed[parameter] = ",".join(dict.fromkeys(values))
    elif value:
        changed[parameter] = value
    else:
        changed.pop(parameter, None)
    return changed


def without(query: Mapping[str, str], key: str) -> dict[str, str]:
    """Return the parameters without the one that a chip stands for."""
    changed = known(query)
    parameter, _, value = key.partition(":")
    if parameter in LISTS:
        changed[parameter] = ",".join(one for one in changed.get(parameter, "").split(",") if one != value)
    elif parameter == "dates":
        changed.pop("from", None)
        changed.pop("to", None)
    elif parameter == "amounts":
        changed.pop("min", None)
        changed.pop("max", None)
    else:
        changed.pop(parameter, None)
    return {name: text for name, text in changed.items() if text}


def preset_dates(preset: str, today: date) -> tuple[date, date]:
    """Return first and last day of a preset; raise ValidationFailed for an unknown one."""
    first = today.replace(day=1)
    if preset == "this-month":
        return first, (first + timedelta(31)).replace(day=1) - timedelta(1)
    if preset == "last-month":
        last = first - timedelta(1)
        return last.replace(day=1), last
    if preset == "30-days":
        return today - timedelta(29), today
    if preset in ("this-year", "last-year"):
        year = today.year - (preset == "last-year")
        return date(year, 1, 1), date(year, 12, 31)
    raise ValidationFailed("preset", f"{preset[:20]!r} is no period.")


def minor_text(text: str, field: str, currency: str, locale: str) -> str:
    """Return a typed amount as the parameter wants it (minor units, without sign), "" for nothing."""
    if not text.strip():
        return ""
    return str(min(abs(parse_amount(text, currency, locale, field)), MAX_MINOR))


def read_chips(w: Work, wanted: TransactionFilter, say: Formatter) -> list[FilterChip]:
    """Return a chip for each filter that is on, with names looked up; what is out of sight stays nameless."""
    chips: list[FilterChip] = []
    if wanted.account_ids:
        names = {one.id: one.name for one in list_accounts(w, closed=True)}
        chips += _named("account", "Account", wanted.account_ids, names)
    if wanted.category_ids:
        paths = {one.id: one.path for one in list_categories(w, hidden=True)}
        chips += _named("category", "Category", wanted.category_ids, paths)
    if wanted.payee_ids:
        payees = {one.id: one.name for one in get_payees(w, wanted.payee_ids)}
        chips += _named("payee", "Payee", wanted.payee_ids, payees)
    if wanted.tag_ids:
        tags = {one.id: one.name for one in list_tags(w)}
        chips += _named("tag", "Tag", wanted.tag_ids, tags)
    chips += [FilterChip(f"kind:{kind}", KINDS[kind]) for kind in wanted.kinds]
    if wanted.date_from or wanted.date_to:
        chips.append(FilterChip("dates:", _span(wanted.date_from, wanted.date_to, say)))
    if wanted.amount_min is not None or wanted.amount_max is not None:
        chips.append(FilterChip("amounts:", _amounts(wanted, w.scope.base_currency, say)))
    if wanted.status:
        chips.append(FilterChip("status:", wanted.status.capitalize()))
    if wanted.shape:
        chips.append(FilterChip("shape:", SHAPES[wanted.shape]))
    if wanted.uncategorised:
        chips.append(FilterChip("uncategorised:", "Uncategorised"))
    if wanted.batch_id:
        chips.append(FilterChip("batch:", "One import"))
    if wanted.currency:
        chips.append(FilterChip("currency:", f"In {wanted.currency}"))
    return chips


def _named(parameter: str, label: str, ids: tuple[UUID, ...], names: Mapping[UUID, str]) -> list[FilterChip]:
    return [FilterChip(f"{parameter}:{one}", f"{label}: {names.get(one, 'not found')}") for one in ids]


def _span(first: date | None, last: date | None, say: Formatter) -> str:
    if first and last:
        if first == last:
            return say.full_date(first)
        whole = first.day == 1 and (last + timedelta(1)).day == 1
        if whole and (first.year, first.month) == (last.year, last.month):
            return say.month(first)
        return f"{say.full_date(first)} – {say.full_date(last)}"
    return f"From {say.full_date(first)}" if first else f"Until {say.full_date(last)}" if last else ""


def _amounts(wanted: TransactionFilter, base: str, say: Formatter) -> str:
    low, high, unit = wanted.amount_min, wanted.amount_max, wanted.currency or base
    if low is not None and high is not None:
        return f"{say.money(low, unit)} – {say.money(high, unit)}"
    return f"At least {say.money(low, unit)}" if low is not None else f"At most {say.money(high or 0, unit)}"
