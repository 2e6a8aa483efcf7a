"""How an entry becomes postings: splits, transfers, conversions, opening balances; and how postings are summed up.

Amounts are signed minor units; + means into the account. An expense of 12.50 from checking is -1250 on checking
and +1250 on the category.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.core.money import check_minor
from recaller.domain.account_kinds import CATEGORY_KINDS, REAL_KINDS, Kind

MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to be: minor units of `currency` into `account_id`."""

    account_id: UUID
    amount: int
    currency: str
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list shows of a journal entry without reading its postings."""

    shape: str
    account_id: UUID
    counter_account_id: UUID | None
    category_id: UUID | None
    amount: int
    currency: str


def entry_lines(
    account_id: UUID, amount: int, currency: str, parts: Sequence[tuple[UUID, int, str]], memo: str = ""
) -> list[Line]:
    """Return the postings of money that enters (+) or leaves (-) an account, split over `parts`.

    `parts` are (category or other account, share of `amount`, memo); the shares must total to `amount`.
    Raises ValidationFailed when they don't, or when there are none or too many.
    """
    check_minor(amount)
    if not parts:
        raise ValidationFailed("splits", "A transaction needs at least one category.")
    if len(parts) >= MAX_LINES:
        raise ValidationFailed("splits", f"A transaction can have at most {MAX_LINES - 1} splits.")
    total = sum(check_minor(share) for _, share, _ in parts)
    if total != amount:
        raise ValidationFailed(
            "splits",
            f"The splits total {total}, but the transaction is {amount} (minor units of {currency}).",
        )
    lines = [Line(account_id, amount, currency, memo)]
    lines += [Line(target, -share, currency, part_memo) for target, share, part_memo in parts]
    return check_balanced(lines)


def transfer_lines(source: UUID, target: UUID, amount: int, currency: str) -> list[Line]:
    """Return the two postings of `amount` (> 0) moved between accounts of one currency."""
    if source == target:
        raise ValidationFailed("to_account", "A transfer needs two different accounts.")
    if check_minor(amount) <= 0:
        raise ValidationFailed("amount", "The amount of a transfer must be positive.")
    return [Line(source, -amount, currency), Line(target, amount, currency)]


def conversion_lines(
    source: UUID,
    amount: int,
    currency: str,
    target: UUID,
    target_amount: int,
    target_currency: str,
    through: UUID,
) -> list[Line]:
    """Return the postings of a transfer across currencies, each side balanced by the equity account `through`."""
    if source == target:
        raise ValidationFailed("to_account", "A transfer needs two different accounts.")
    if check_minor(amount) <= 0 or check_minor(target_amount, "to_amount") <= 0:
        raise ValidationFailed("amount", "Both amounts of a conversion must be positive.")
    return check_balanced([
        Line(source, -amount, currency),
        Line(through, amount, currency),
        Line(through, -target_amount, target_currency),
        Line(target, target_amount, target_currency),
    ])  # fmt: skip


def check_balanced(lines: list[Line]) -> list[Line]:
    """Return the lines when they sum to zero per currency; raise ValidationFailed otherwise."""
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line.currency] += line.amount
    for currency, excess in sums.items():
        if excess:
            raise ValidationFailed(
                "splits", f"The entry doesn't balance: off by {excess} minor units of {currency}."
            )
    return lines


def summarise(lines: Sequence[Line], kinds: Mapping[UUID, Kind]) -> Summary:
    """Return what lists show of the entry; `kinds` gives the kind of each account in it.

    Raises ValidationFailed when no real account (asset or liability) takes part.
    """
    real = [line for line in lines if kinds[line.account_id] in REAL_KINDS]
    categories = [line for line in lines if kinds[line.account_id] in CATEGORY_KINDS]
    if not real:
        raise ValidationFailed("account", "A transaction needs at least one asset or liability account.")
    first = real[0]
    accounts = list(dict.fromkeys(line.account_id for line in real))
    counter = accounts[1] if len(accounts) > 1 else None
    amount = sum(
        line.amount for line in real if (line.account_id, line.currency) == (first.account_id, first.currency)
    )
    shape, category = _shape(len(accounts), lines, categories, kinds)
    return Summary(shape, first.account_id, counter, category, amount, first.currency)


def _shape(
    real_accounts: int, lines: Sequence[Line], categories: Sequence[Line], kinds: Mapping[UUID, Kind]
) -> tuple[str, UUID | None]:
    equity = any(kinds[line.account_id] is Kind.EQUITY for line in lines)
    distinct = {line.account_id for line in categories}
    if real_accounts == 1 and not equity:
        only = next(iter(distinct)) if len(distinct) == 1 else None
        return ("simple" if len(categories) == 1 else "split", only if len(categories) == 1 else None)
    if real_accounts == 1 and not categories:
        return "opening", None
    if real_accounts == 2 and not categories:
        return ("conversion" if equity else "transfer"), None
    return "journal", None
