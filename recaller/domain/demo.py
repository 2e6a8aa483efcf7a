"""What happens in the demo household: three years of salary, rent, shopping, bills and trips, the same each time."""

from __future__ import annotations

import calendar
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = 36
SEED = 20_240_101


@dataclass(frozen=True, slots=True)
class Booking:
    """One bank row: hundredths of a major unit, + = into the account."""

    on: date
    payee: str
    hundredths: int
    category: str
    note: str = ""


# Payee, category, day of month, amount in hundredths, spread in percent, every n months.
_BILLS = (
    ("Hillside Property Management", "Rent", 1, 168_000, 0, 1),
    ("City Power & Light", "Utilities", 6, 9_450, 25, 1),
    ("Northwater Utilities", "Utilities", 12, 4_120, 10, 2),
    ("Fibrenet", "Internet & phone", 9, 5_499, 0, 1),
    ("Bluebird Mobile", "Internet & phone", 15, 3_800, 0, 1),
    ("Evergreen Insurance", "Home insurance", 20, 6_210, 0, 3),
    ("Evergreen Insurance", "Car insurance", 20, 18_430, 0, 6),
    ("Little Acorns Childcare", "Childcare", 3, 42_000, 0, 1),
)
_CARD_BILLS = (
    ("Streamly", "Subscriptions", 4, 1_399, 0, 1),
    ("Tunebox Family", "Subscriptions", 17, 1_699, 0, 1),
    ("Daily Courier", "Books & media", 22, 1_200, 0, 1),
    ("Peak Fitness Club", "Fitness", 2, 4_900, 0, 1),
    ("CloudVault Storage", "Subscriptions", 27, 299, 0, 1),
)
# Payee, category, how often a month, from, to in hundredths.
_SHOPPING = (
    ("Greenleaf Market", "Groceries", 5.5, 2_800, 14_500),
    ("Corner Bakery", "Groceries", 4.0, 450, 1_900),
    ("Farmer's Market", "Groceries", 2.0, 1_200, 4_800),
    ("Café Lumière", "Coffee & snacks", 5.0, 380, 1_450),
    ("O'Brien's Kitchen", "Restaurants", 1.5, 3_200, 9_800),
    ("Saigon Garden", "Restaurants", 1.2, 2_400, 6_400),
    ("Metro Transit", "Public transport", 3.0, 290, 2_400),
    ("Sunoil Station", "Fuel", 2.0, 3_900, 6_800),
    ("Hometown Hardware", "Repairs", 0.5, 900, 14_000),
    ("Page & Spine Books", "Books & media", 0.7, 1_100, 4_800),
    ("Willow Pharmacy", "Pharmacy", 0.9, 600, 4_200),
    ("Dr. Amara Osei", "Doctor", 0.3, 4_000, 15_000),
    ("Northline Clothing", "Clothing", 0.8, 2_900, 18_000),
    ("Voltage Electronics", "Electronics", 0.25, 4_900, 89_000),
    ("Paws & Claws Vet", "Pets", 0.3, 3_500, 21_000),
    ("Lantern Cinema", "Going out", 0.9, 1_400, 4_600),
)
_CASH = (
    ("Saturday Flea Market", "Hobbies", 0.8, 500, 3_500),
    ("Ice Cream Van", "Coffee & snacks", 1.5, 300, 1_200),
    ("Babysitter Mia", "Childcare", 1.0, 3_000, 6_000),
)
_TRIP = (
    ("Hôtel du Vieux Port", "Travel", 18_400, 3),
    ("Trattoria da Elena", "Restaurants", 4_350, 4),
    ("Museo Nazionale", "Going out", 2_400, 2),
    ("Gare Routière", "Public transport", 1_280, 3),
)


@dataclass(frozen=True, slots=True)
class BillToCome:
    """A bill that waits to be confirmed: its latest date lies `days_ago`, `paid_before` dates before it are paid.

    `hundredths` of a major unit, every so many months; `rises`: the last one paid was higher.
    """

    name: str
    category: str
    hundredths: int
    every: int
    days_ago: int
    paid_before: int
    rises: bool = False


# Payees whose rhythm the history shows and that the household took over; the other ones stay suggestions.
FOUND_BILLS = (
    "Hillside Property Management",
    "Fibrenet",
    "Bluebird Mobile",
    "Evergreen Insurance",
    "Little Acorns Childcare",
    "Meridian Design Studio",
    "Tunebox Family",
    "Peak Fitness Club",
    "Monthly saving",
    "Index fund plan",
    "Car loan instalment",
)
# Due, late and missed, with a payment that differed.
BILLS_TO_COME = (
    BillToCome("Piano lessons", "Hobbies", 6_400, 1, 1, 2, rises=True),
    BillToCome("Window cleaner", "Household goods", 4_500, 1, 6, 1),
    BillToCome("Chimney sweep", "Repairs", 8_900, 6, 17, 1),
)
# Category, limit in percent of what is usual.
LIMITS = (
    ("Groceries", 115),
    ("Restaurants", 85),
    ("Coffee & snacks", 110),
    ("Fuel", 120),
    ("Public transport", 100),
    ("Clothing", 60),
    ("Books & media", 105),
    ("Going out", 90),
)
# Category; hundredths of a major unit put aside in the first month for what comes seldom, 0 for what comes each month.
ENVELOPES = (
    ("Rent", 0),
    ("Utilities", 0),
    ("Internet & phone", 0),
    ("Groceries", 0),
    ("Restaurants", 0),
    ("Childcare", 0),
    ("Pets", 60_000),
    ("Gifts given", 45_000),
    ("Repairs", 400_000),
    ("Furnishing", 350_000),
    ("Car maintenance", 280_000),
    ("Taxes", 620_000),
    ("Travel", 90_000),
)


def months_until(today: date) -> list[date]:
    """Return the first days of the demo's months, the current one last."""
    months = []
    year, month = today.year, today.month
    for _ in range(MONTHS):
        months.append(date(year, month, 1))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return months[::-1]


def checking_rows(today: date) -> list[Booking]:
    """Return the everyday account: salary (with a raise each year), bills, and now and then a refund."""
    rng = random.Random(SEED)
    rows: list[Booking] = []
    for index, month in enumerate(months_until(today)):
        raise_factor = 103 ** (index // 12) / 100 ** (index // 12)
        half = int(284_000 * raise_factor)
        rows += [Booking(_day(month, day), "Meridian Design Studio", half, "Salary") for day in (1, 15)]
        if index % 3 == 1:
            rows.append(
                Booking(
                    _day(month, 28), "Freelance: Harbor Books", rng.randint(30_000, 95_000), "Other income"
                )
            )
        rows += _bills(_BILLS, month, index, rng)
        if rng.random() < 0.2:
            rows.append(
                Booking(_day(month, 18), "Northline Clothing", rng.randint(1_900, 6_900), "Refunds", "Return")
            )
    return _past(rows, today)


def card_rows(today: date) -> list[Booking]:
    """Return the credit card: subscriptions and most of the shopping."""
    rng = random.Random(SEED + 1)
    rows: list[Booking] = []
    for index, month in enumerate(months_until(today)):
        rows += _bills(_CARD_BILLS, month, index, rng)
        rows += _shopping(_SHOPPING, month, rng)
        if month.month in (11, 12):
            rows += [Booking(_day(month, rng.randint(3, 23)), "Toys & Wonders", -rng.randint(2_500, 9_900),
                             "Gifts given")
                     for _ in range(3)]  # fmt: skip
    return _past(rows, today)


def cash_rows(today: date) -> list[Booking]:
    """Return what is paid in cash."""
    rng = random.Random(SEED + 2)
    return _past([row for month in months_until(today) for row in _shopping(_CASH, month, rng)], today)


def trip_rows(today: date) -> list[Booking]:
    """Return the account in foreign currency: two holidays a year."""
    rng = random.Random(SEED + 3)
    rows: list[Booking] = []
    for month in months_until(today):
        if month.month not in (5, 9):
            continue
        start = _day(month, 8)
        for payee, category, amount, times in _TRIP:
            rows += [
                Booking(
                    start + timedelta(days=rng.randint(0, 9)),
                    payee,
                    -amount - rng.randint(0, amount // 3),
                    category,
                )
                for _ in range(times)
            ]
    return _past(rows, today)


def _bills(
    bills: tuple[tuple[str, str, int, int, int, int], ...], month: date, index: int, rng: random.Random
) -> Iterator[Booking]:
    for payee, category, day, amount, spread, every in bills:
        if index % every == 0:
            swing = amount * spread // 100
            risen = amount * (100 + 4 * (index // 12)) // 100
            yield Booking(_day(month, day), payee, -(risen + rng.randint(-swing, swing)), category)


def _shopping(
    shops: tuple[tuple[str, str, float, int, int], ...], month: date, rng: random.Random
) -> Iterator[Booking]:
    for payee, category, often, least, most in shops:
        times = int(often) + (1 if rng.random() < often % 1 else 0)
        for _ in range(times):
            yield Booking(_day(month, rng.randint(1, 28)), payee, -rng.randint(least, most), category)


def _day(month: date, day: int) -> date:
    return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))


def _past(rows: list[Booking], today: date) -> list[Booking]:
    return sorted(
        (row for row in rows if row.on <= today), key=lambda row: (row.on, row.payee, row.hundredths)
    )
