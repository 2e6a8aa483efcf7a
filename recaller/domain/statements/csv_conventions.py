"""How an unknown CSV writes things once its columns are known: dates, decimals, signs, directions,
currency, states.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise

from recaller.core.money import exponent
from recaller.domain.statements.amounts import SYMBOLS, BadAmount, infer_decimal_mark, parse_amount
from recaller.domain.statements.csv_mapping import CsvMapping
from recaller.domain.statements.csv_vocabulary import IN_WORDS, OUT_WORDS, plain, role_rank, word_set
from recaller.domain.statements.dates import OrderFit, fitting_orders, looks_like_date, parse_date
from recaller.domain.statements.model import Doubt
from recaller.domain.statements.text import has_references

_CODE = re.compile(r"(?:^|[\s:(])([A-Z]{3})(?:[\s)]|$)")
_PAYMENT = re.compile(
    r"payment|thank you|zahlung|paiement|betaling|pago|refund|gutschrift|versement", re.IGNORECASE
)
_KNOWN = word_set(
    """EUR USD GBP CHF JPY AUD CAD NZD SEK NOK DKK ISK PLN CZK HUF RON BGN HRK TRY RUB UAH BRL MXN ARS CLP
    COP PEN CNY HKD SGD TWD KRW INR IDR MYR THB PHP VND ZAR ILS AED SAR QAR KWD BHD EGP MAD LTL LVL EEK
    """
)
_AMERICAN = frozenset({"USD", "PHP"})


def _values(sample: list[list[str]], at: int | None) -> list[str]:
    if at is None:
        return []
    return [cell for cells in sample if at < len(cells) and (cell := cells[at].strip())]


def settle(
    mapping: CsvMapping, sample: list[list[str]], preamble: list[list[str]]
) -> tuple[CsvMapping, list[Doubt]]:
    """Return the mapping with its conventions, and what was guessed."""
    doubts: list[Doubt] = []
    money = [value for at in (mapping.amount, mapping.debit, mapping.credit) for value in _values(sample, at)]
    mapping = replace(mapping, decimal_mark=_decimal_mark(mapping, sample, money, preamble, doubts))
    mapping = replace(mapping, default_currency=_currency(mapping, money, preamble))
    mapping = replace(mapping, date_order=date_order(mapping, _values(sample, mapping.date), doubts))
    mapping = _direction(mapping, sample, money, doubts)
    mapping = _minor_units(mapping, sample, money, doubts)
    if mapping.fee is not None and not _fee_is_extra(mapping, sample):
        mapping = replace(mapping, fee=None)
    mapping = replace(mapping, continuation=_continuation(mapping, sample))
    texts = [value for at in (*mapping.payee, *mapping.memo) for value in _values(sample, at)]
    mapping = replace(mapping, html_references=any(map(has_references, texts)))
    tags = _values(sample, mapping.tags)
    separators = Counter(char for value in tags for char in "|;," if char in value)
    if separators:
        mapping = replace(mapping, tag_separator=separators.most_common(1)[0][0])
    if mapping.default_currency is None and mapping.currency is None:
        doubts.append(Doubt("default_currency", "The file names no currency: the account's own is taken."))
    return mapping, doubts


def _decimal_mark(
    mapping: CsvMapping,
    sample: list[list[str]],
    money: list[str],
    preamble: list[list[str]],
    doubts: list[Doubt],
) -> str:
    mark, sure = infer_decimal_mark(money)
    if mark is None:
        others = [
            value
            for at in (mapping.balance, mapping.fee, mapping.foreign_amount)
            for value in _values(sample, at)
        ]
        mark, sure = infer_decimal_mark(others)
    if mark is None:
        cells = [
            cell
            for row in preamble
            for cell in row
            if re.fullmatch(r"[+-]?[\d.,\s\xa0]+(?:[€$£]|[A-Z]{3})?", cell)
        ]
        mark, sure = infer_decimal_mark(cells)
    if not sure:
        doubts.append(
            Doubt("decimal_mark", f"The decimal mark is probably {mark!r}: look at an amount above 1,000.")
        )
    if mark is None:
        mark = "," if mapping.delimiter == ";" else "."
    return mark


def _currency(mapping: CsvMapping, money: list[str], preamble: list[list[str]]) -> str | None:
    """Return the one currency that names of columns, amounts or the preamble show."""
    columns = [
        at for at in (mapping.amount, mapping.debit, mapping.credit, mapping.balance) if at is not None
    ]
    names = [mapping.header[at] for at in columns if at < len(mapping.header)]
    around = [cell for row in preamble for cell in row]
    for texts in (names, money[:200], around):
        codes = Counter(code for text in texts for code in _codes_in(text))
        if codes:
            return codes.most_common(1)[0][0]
    return None


def _codes_in(text: str) -> set[str]:
    codes = {code for code in _CODE.findall(text.upper() if len(text) < 12 else text) if code in _KNOWN}
    return codes | {
        code
        for symbol, code in SYMBOLS.items()
        if not symbol.isalpha() and "$" not in symbol and symbol in text
    }


def date_order(mapping: CsvMapping, texts: list[str], doubts: list[Doubt]) -> str:
    """Return the order that the texts of the date column are in; add a doubt when another fits as well."""
    values = [value for value in texts if looks_like_date(value)]
    steps = [value for at, value in enumerate(values) if not at or values[at - 1] != value]
    fits = fitting_orders(steps)
    if not fits:
        counts = {
            order: sum(parse_date(value, order) is not None for value in steps)
            for order in ("DMY", "MDY", "YMD")
        }
        best = max(counts, key=lambda order: counts[order]) if steps else "YMD"
        if steps:
            doubts.append(Doubt("date_order", f"Some dates can't be read in any order; {best} fits most."))
        return best
    european = mapping.decimal_mark == "," or mapping.default_currency not in (None, *_AMERICAN)
    usual = {"DMY": 0 if european else 1, "MDY": 1 if european else 0, "YMD": 2}
    if mapping.default_currency is None and not european:
        usual = {"DMY": 0, "MDY": 1, "YMD": 2}

    def rank(fit: OrderFit) -> tuple[int, int, int]:
        # Two-digit years in front are rare enough to be the last resort.
        return (fit.order == "YMD", fit.turns, usual[fit.order])

    ranked = sorted(fits, key=rank)
    best = ranked[0].order
    rivals = [
        fit for fit in ranked[1:] if any(parse_date(v, fit.order) != parse_date(v, best) for v in steps[:500])
    ]
    if len(fits) == 3 and not rivals:
        return "YMD"
    if rivals and rivals[0].order != "YMD":
        example = next(v for v in steps if parse_date(v, rivals[0].order) != parse_date(v, best))
        shown = parse_date(example, best)
        doubts.append(
            Doubt(
                "date_order",
                f"{example!r} is read as {shown:%d %B %Y}; the dates would fit {rivals[0].order} as well.",
            )
        )
    return best


def _direction(
    mapping: CsvMapping, sample: list[list[str]], money: list[str], doubts: list[Doubt]
) -> CsvMapping:
    """Decide what a sign means: the amounts' own signs, a column of words, or positive for money spent."""
    amount = mapping.amount
    if amount is None:
        return replace(mapping, direction=None)
    negative = sum(value.lstrip("( ").startswith(("-", "−")) or value.endswith(("-", ")")) for value in money)
    words = {value.casefold(): value for value in _values(sample, mapping.direction)}
    ins = tuple(value for key, value in words.items() if key in IN_WORDS)
    outs = tuple(value for key, value in words.items() if key in OUT_WORDS)
    if negative or not (ins or outs):
        mapping = replace(mapping, direction=None)
    else:
        mapping = replace(mapping, direction=mapping.direction, in_values=ins, out_values=outs)
        filled = len(_values(sample, mapping.direction))
        if filled * 2 < len(money) and not outs:
            mapping = replace(mapping, sign="inverted")
            doubts.append(
                Doubt(
                    "sign", f"Only some amounts are marked {ins[0]!r}: the others are taken as money spent."
                )
            )
        elif outs and not ins and filled * 2 < len(money):
            doubts.append(
                Doubt("sign", f"Only some amounts are marked {outs[0]!r}: the others are taken as money in.")
            )
        return mapping
    if money and not negative and not any(_marked(value) for value in money):
        doubts.append(
            Doubt(
                "sign", "No amount is negative: check whether a positive amount is money in or money spent."
            )
        )
    elif negative * 5 < len(money) * 2 and negative:
        texts = (*mapping.memo, *mapping.payee)
        paid = [
            cells
            for cells in sample
            if amount < len(cells) and cells[amount].strip().startswith(("-", "−", "("))
        ]
        telling = sum(any(at < len(cells) and _PAYMENT.search(cells[at]) for at in texts) for cells in paid)
        if telling * 2 >= len(paid) > 0:
            mapping = replace(mapping, sign="inverted")
            doubts.append(
                Doubt(
                    "sign", "Most amounts are positive and payments are negative: positive is taken as spent."
                )
            )
    return mapping


def _marked(value: str) -> bool:
    try:
        return bool(parse_amount(value, ".", 2).marker)
    except BadAmount:
        return False


def _minor_units(
    mapping: CsvMapping, sample: list[list[str]], money: list[str], doubts: list[Doubt]
) -> CsvMapping:
    """Recognise exports in minor units by their shape: `tx_` ids, a local amount, whole numbers only."""
    whole = bool(money) and all(re.fullmatch(r"[+-]?[0-9]+", value) for value in money)
    ids = _values(sample, mapping.reference)
    names = {plain(name) for name in mapping.header}
    shaped = (
        {"local amount", "local currency"} <= names
        and bool(ids)
        and all(id_.startswith("tx_") for id_ in ids)
    )
    code = mapping.default_currency or next(iter(_values(sample, mapping.currency)), "EUR")
    if whole and shaped and exponent(code):
        doubts.append(
            Doubt("minor_units", f"Amounts are taken as minor units: {money[0]} is a hundredth of it.")
        )
        return replace(mapping, minor_units=True)
    return mapping


def _fee_is_extra(mapping: CsvMapping, sample: list[list[str]]) -> bool:
    """Tell whether fees come on top of the amounts: by the running balance, else by the amount's name
    (gross).
    """
    if mapping.amount is None or mapping.fee is None:
        return False
    name = mapping.header[mapping.amount] if mapping.amount < len(mapping.header) else ""
    extra = included = 0
    for (_, _, before), (amount, fee, after) in pairwise(_with_balances(mapping, sample)):
        if fee:
            extra += after - before == amount - abs(fee)
            included += after - before == amount
    return extra > included if extra or included else role_rank("gross", name) is not None


def _with_balances(mapping: CsvMapping, sample: list[list[str]]) -> list[tuple[int, int, int]]:
    """Return (amount, fee, balance) of the sample's rows, oldest first; empty when there are no balances."""
    found: list[tuple[int, int, int]] = []
    columns = (mapping.amount, mapping.fee, mapping.balance)
    for cells in sample[:2000] if mapping.balance is not None else []:
        texts = [cells[at] for at in columns if at is not None and at < len(cells)]
        try:
            amount, fee, balance = (
                parse_amount(text or "0", mapping.decimal_mark, 2).minor for text in texts
            )
        except ValueError:
            continue
        found.append((amount, fee, balance))
    dates = [parse_date(text, mapping.date_order) for text in _values(sample, mapping.date)]
    known = [date for date in dates if date]
    return found[::-1] if known and known[0] > known[-1] else found


def _continuation(mapping: CsvMapping, sample: list[list[str]]) -> bool:
    """Tell whether many rows have a text and neither date nor amount, right below one that has both."""
    texts = mapping.memo or mapping.payee
    money = [at for at in (mapping.amount, mapping.debit, mapping.credit) if at is not None]
    if mapping.date is None or not texts:
        return False

    def filled(cells: list[str], at: int) -> bool:
        return at < len(cells) and bool(cells[at].strip())

    carried = sum(
        not filled(cells, mapping.date)
        and not any(filled(cells, at) for at in money)
        and filled(cells, texts[0])
        for cells in sample
    )
    return carried * 5 >= len(sample) > 0
