"""Which column of an unknown CSV plays which role: by its name in many languages, and by what stands in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from recaller.domain.statements.amounts import looks_like_amount
from recaller.domain.statements.csv_conventions import settle
from recaller.domain.statements.csv_mapping import CsvMapping
from recaller.domain.statements.csv_vocabulary import IN_WORDS, OUT_WORDS, PENDING_VALUES, plain, role_rank
from recaller.domain.statements.dates import looks_like_date
from recaller.domain.statements.model import Doubt

_PENDING = frozenset(plain(value) for value in PENDING_VALUES)
_MAX_VALUES = 3_000
_MAX_CELLS = 100_000


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in one column of the sample: shares of the filled cells, from 0 to 1."""

    filled: int
    dates: float
    amounts: float
    currencies: float
    directions: float
    distinct: int
    mean_length: float
    decimals: float
    signs: float


def profile(sample: list[list[str]], at: int, limit: int) -> Column:
    """Return what the first `limit` cells of the column hold."""
    values = [cells[at].strip() for cells in sample if at < len(cells)][:limit]
    filled = [value for value in values if value]
    if not filled:
        return Column(0, 0, 0, 0, 0, 0, 0, 0, 0)
    count = len(filled)
    distinct = set(filled)
    date_like = {value for value in distinct if looks_like_date(value) or plain(value) in _PENDING}
    amount_like = {value for value in distinct - date_like if len(value) < 40 and looks_like_amount(value)}
    words = {value for value in distinct if value.casefold() in IN_WORDS or value.casefold() in OUT_WORDS}
    return Column(
        count,
        sum(value in date_like for value in filled) / count,
        sum(value in amount_like for value in filled) / count,
        sum(len(value) == 3 and value.isascii() and value.isalpha() and value.isupper() for value in filled)
        / count,
        sum(value in words for value in filled) / count,
        len(distinct),
        sum(map(len, filled)) / count,
        sum("." in value or "," in value for value in filled) / count,
        sum(value[0] in "+-(" or value[-1] == "-" for value in filled) / count,
    )


def assign(
    mapping: CsvMapping, header: tuple[str, ...], sample: list[list[str]], preamble: list[list[str]]
) -> tuple[CsvMapping, list[Doubt]]:
    """Return the mapping with its columns and conventions, and what was guessed."""
    width = max([len(header), *(len(cells) for cells in sample[:2000])], default=0)
    limit = min(_MAX_VALUES, _MAX_CELLS // max(width, 1))
    columns = [profile(sample, at, limit) for at in range(width)]
    chosen = _by_name(header, columns) if header else {}
    _by_content(chosen, columns, header)
    members: dict[str, Any] = {**chosen, **_texts(chosen, header, columns)}
    mapping = replace(mapping, **members)
    return settle(mapping, sample, preamble)


def with_doubts(mapping: CsvMapping, doubts: list[Doubt]) -> CsvMapping:
    """Return the mapping with the doubts, each field once."""
    return replace(mapping, doubts=tuple({doubt.field: doubt for doubt in doubts}.values()))


def _candidates(role: str, header: tuple[str, ...]) -> list[int]:
    ranked = [(rank, at) for at, cell in enumerate(header) if (rank := role_rank(role, cell)) is not None]
    return [at for _, at in sorted(ranked)]


def _by_name(header: tuple[str, ...], columns: list[Column]) -> dict[str, int]:
    """Choose columns whose names say what they are, when what stands in them doesn't contradict."""
    chosen: dict[str, int] = {}

    def take(role: str, fits: object = None) -> None:
        for at in _candidates(role, header):
            column = columns[at]
            if at not in chosen.values() and (fits is None or fits(column)):  # type: ignore[operator]
                chosen[role] = at
                return

    def is_date(column: Column) -> bool:
        return column.dates >= 0.5

    def is_amount(column: Column) -> bool:
        return column.amounts >= 0.6 or not column.filled

    take("date", is_date)
    take("value_date", is_date)
    take("debit", is_amount)
    take("credit", is_amount)
    if "debit" in chosen and "credit" in chosen:
        pass
    else:
        chosen.pop("debit", None)
        chosen.pop("credit", None)
        take("amount", lambda column: column.amounts >= 0.6)
        if "amount" in chosen and role_rank("net", header[chosen["amount"]]) is None:
            take("fee", is_amount)
    take("balance", is_amount)
    take("foreign_currency", lambda column: column.currencies > 0.5)
    take("currency", lambda column: column.currencies >= 0.8)
    if "foreign_currency" in chosen:
        take("foreign_amount", is_amount)
    take("status", lambda column: 0 < column.distinct <= 30 and not column.amounts)
    take("related")
    rows = max((column.filled for column in columns), default=0)
    # A bank's id of a row stands in nearly all rows and nearly never twice; anything else would join rows.
    take("reference", lambda column: column.filled >= rows * 0.8 and column.distinct >= column.filled * 0.9)
    take("check_number")
    take("category", lambda column: column.amounts < 0.5)
    take("account", lambda column: column.dates < 0.5)
    take("tags")
    if "amount" in chosen:
        take("direction", lambda column: column.directions >= 0.5)
    return chosen


def _by_content(chosen: dict[str, int], columns: list[Column], header: tuple[str, ...]) -> None:
    """Choose what no name gave: the first date column, the amount column, a column of directions."""
    rows = max((column.filled for column in columns), default=0)

    def free(at: int) -> bool:
        return at not in chosen.values()

    dated = [
        at
        for at, column in enumerate(columns)
        if column.dates > 0.8 and column.filled > rows * 0.7 and free(at)
    ]
    if "date" not in chosen and dated:
        chosen["date"] = dated.pop(0)
    if "value_date" not in chosen and dated and not header:
        chosen["value_date"] = dated[0]
    if "amount" not in chosen and "debit" not in chosen:
        money = [
            at
            for at, column in enumerate(columns)
            if column.amounts > 0.9 and column.filled > rows * 0.7 and free(at)
        ]
        if money:
            # Signs tell an amount from a balance, and decimals tell it from an account number.
            chosen["amount"] = max(money, key=lambda at: (columns[at].signs, columns[at].decimals, -at))
    if "currency" not in chosen:
        coded = [
            at
            for at, column in enumerate(columns)
            if column.currencies == 1 and column.distinct <= 20 and free(at)
        ]
        if coded and not header:
            chosen["currency"] = coded[0]
    if "direction" not in chosen and "amount" in chosen:
        words = [
            at
            for at, column in enumerate(columns)
            if column.directions == 1 and column.distinct <= 4 and free(at)
        ]
        if words:
            chosen["direction"] = words[0]


def _texts(chosen: dict[str, int], header: tuple[str, ...], columns: list[Column]) -> dict[str, object]:
    """Choose the columns of payee and memo: by name, else the longest texts."""
    taken = set(chosen.values())
    payees = [at for at in _candidates("payee", header) if at not in taken and columns[at].filled]
    memos = [at for at in sorted(_candidates("memo", header)) if at not in taken and columns[at].filled]
    payer = next((at for at in _candidates("payer", header) if at not in taken and columns[at].filled), None)
    if (
        payees
        and plain(header[payees[0]]) == "description"
        and (len(payees) > 1 or not any(plain(header[at]) == "original description" for at in memos))
    ):
        # "Description" names the payee only where no better name does and no original text stands beside it.
        better = [at for at in payees if plain(header[at]) != "description"]
        payees = better or payees
    payees = payees[:1]
    memos = [at for at in memos if at not in payees]
    if not payees and not memos:
        texts = [
            (column.distinct > 1, column.mean_length, -at)
            for at, column in enumerate(columns)
            if at not in taken and column.filled and column.dates < 0.5 and column.amounts < 0.5
        ]
        memos = [-max(texts)[2]] if texts else []
    result: dict[str, object] = {"payee": tuple(payees), "memo": tuple(memos)}
    if payer is not None and payees:
        result["payer"] = payer
    return result
