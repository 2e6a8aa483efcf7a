"""How a split by a rule divides an amount: to the cent, by largest remainder, with the entry's own sign."""

from __future__ import annotations

from uuid import UUID

from recaller.domain.rules.model import Split

WHOLE = 10_000

Part = tuple[UUID, int, str]


def divide(total: int, split: Split) -> tuple[Part, ...] | None:
    """Return (category, share of `total` in minor units, memo) for each part, or None where it can't be divided.

    The shares sum to `total` and have its sign. Percentages are rounded by the method of largest remainder
    (Hamilton): every share is cut down to whole units, and the units left over go to the largest fractions, the
    earlier of two equal ones first. Parts of nothing are left out; fixed amounts above the total divide nothing.
    """
    size, sign = abs(total), -1 if total < 0 else 1
    targets = [(share.category_id, share.memo) for share in split.shares]
    if split.rest_id is not None:
        targets.append((split.rest_id, ""))
    if split.shares[0].amount is not None:
        fixed = [share.amount or 0 for share in split.shares]
        if sum(fixed) > size:
            return None
        sizes = [*fixed, size - sum(fixed)]
    else:
        points = [share.basis_points or 0 for share in split.shares]
        if split.rest_id is not None:
            points.append(WHOLE - sum(points))
        sizes = [size * point // WHOLE for point in points]
        by_fraction = sorted(range(len(points)), key=lambda n: (-(size * points[n] % WHOLE), n))
        for number in by_fraction[: size - sum(sizes)]:
            sizes[number] += 1
    parts = tuple(
        (category, sign * share, memo)
        for (category, memo), share in zip(targets, sizes, strict=True)
        if share
    )
    return parts if len(parts) > 1 else None
