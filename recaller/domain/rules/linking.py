"""Which transaction settles which open date of a recurring item, where rules say that they belong together.

The rule's conditions decide that a transaction is one of the item's payments; here it is only a matter of which date.
So the amount needs the right sign and currency but may differ: the date is then settled with a difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from recaller.domain.rules.rows import Link


@dataclass(frozen=True, slots=True)
class Claim:
    """A transaction that a rule (by its number) wants linked; `amount` in minor units, signed as in the account."""

    transaction_id: UUID
    on: date
    amount: int
    currency: str
    account_id: UUID
    recurring_id: UUID
    rule: int


@dataclass(frozen=True, slots=True)
class OpenDate:
    """A date that nothing has settled yet: `due` is its nominal date, `on` the day in the ledger.

    `amount` is expected on the account, in minor units of `currency`; a payment may come `window_days` off.
    """

    recurring_id: UUID
    due: date
    on: date
    amount: int
    currency: str
    account_id: UUID
    window_days: int


@dataclass(frozen=True, slots=True)
class Assigned:
    """The date that a transaction settles, and the number of the rule that says so."""

    settles: OpenDate
    rule: int

    @property
    def link(self) -> Link:
        """The recurring item and the nominal date."""
        return self.settles.recurring_id, self.settles.due


def assign_links(claims: Sequence[Claim], open_dates: Sequence[OpenDate]) -> dict[UUID, Assigned]:
    """Return, by transaction, the date that it settles: one to one, nearest first, the same in whatever order given.

    Rules go in their order: what an earlier one linked, a later one leaves alone. Among equally near pairs the nearest
    amount goes first, then the earlier date, then the earlier transaction.
    """
    by_item: defaultdict[UUID, list[OpenDate]] = defaultdict(list)
    for one in open_dates:
        by_item[one.recurring_id].append(one)
    pairs = [
        (claim, one, days)
        for claim in claims
        for one in by_item[claim.recurring_id]
        if (days := _distance(claim, one)) is not None
    ]
    pairs.sort(
        key=lambda pair: (
            pair[0].rule, pair[2], abs(pair[0].amount - pair[1].amount), pair[1].due, pair[0].on,
            pair[0].transaction_id,
        )
    )  # fmt: skip
    found: dict[UUID, Assigned] = {}
    taken: set[Link] = set()
    for claim, one, _ in pairs:
        if claim.transaction_id not in found and (one.recurring_id, one.due) not in taken:
            found[claim.transaction_id] = Assigned(one, claim.rule)
            taken.add((one.recurring_id, one.due))
    return found


def _distance(claim: Claim, one: OpenDate) -> int | None:
    """Return how many days lie between, None when the transaction can't be this payment."""
    days = abs((claim.on - one.on).days)
    fits = claim.account_id == one.account_id and claim.currency == one.currency
    fits = fits and claim.amount != 0 and (claim.amount > 0) == (one.amount > 0)
    return days if fits and days <= one.window_days else None
