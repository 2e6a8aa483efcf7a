"""Detection on labelled households of seeds that it was not tuned on, and its single rules."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.detection import OWED, measure_detection, rows_of
from bench.histories import make_history
from recaller.domain.detection import (
    HistoryRow,
    Interval,
    Pattern,
    Rhythm,
    detect,
    nearest_dates,
    recurrences_of,
    shown_name,
    words_of,
)
from recaller.domain.detection.amounts import clusters, model_of
from recaller.domain.detection.names import group_names
from recaller.domain.recurrence import dates_between

TODAY = date(2026, 11, 20)
ACCOUNT = UUID(int=1)
# Seeds of their own: neither those of tuning (from 0) nor those of the report (from 10,000).
SAMPLE = range(50_000, 50_020)


def rows(days: list[date], amounts: list[int], payee: str = "NETFLIX.COM") -> list[HistoryRow]:
    return [
        HistoryRow(UUID(int=number), day, amount, "USD", ACCOUNT, f"{payee} {number * 7919:06}")
        for number, (day, amount) in enumerate(zip(days, amounts, strict=True))
    ]


def one(found: list[Pattern]) -> Pattern:
    assert len(found) == 1, found
    return found[0]


def test_precision_and_recall_on_unseen_households() -> None:
    score = measure_detection(SAMPLE)
    assert score.households == len(SAMPLE)
    assert sum(score.owed.values()) > 150
    assert score.precision >= 0.95, score.wrong_why
    assert score.recall >= 0.90, score.misses
    assert set(OWED) >= set(score.owed_interval)


def test_histories_are_the_same_each_time_and_labels_hold() -> None:
    history = make_history(7)
    assert history == make_history(7)
    assert history != make_history(8)
    labelled = [number for series in history.series for number in series.rows]
    assert len(labelled) == len(set(labelled))
    assert len(labelled) < len(history.rows) / 2
    assert all(history.rows[number].series is not None for number in labelled)


def test_the_order_of_rows_does_not_matter() -> None:
    history = make_history(3)
    given_rows = rows_of(history)
    assert detect(given_rows, history.today) == detect(given_rows[::-1], history.today)


def test_the_31st_is_the_31st() -> None:
    days = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
    found = one(detect(rows(days, [-999] * 5), date(2026, 6, 10)))
    assert found.rhythm.days == (31,)
    assert found.next_on == date(2026, 6, 30)
    (recurrence,) = recurrences_of(found.rhythm, days[0])
    assert dates_between(recurrence, days[0], days[-1]) == days


def test_the_last_business_day() -> None:
    days = [date(2026, 4, 30), date(2026, 5, 29), date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 31)]
    found = one(detect(rows(days, [250000] * 5), date(2026, 9, 10)))
    assert found.rhythm.days == (0,)
    assert found.next_on == date(2026, 9, 30)


def test_a_price_rise_is_one_series_at_the_new_price() -> None:
    days = [date(2026, month, 5) for month in range(1, 11)]
    found = one(detect(rows(days, [-999] * 6 + [-1099] * 4), date(2026, 10, 20)))
    assert (found.amount, found.earlier, found.fixed) == (-1099, -999, True)


def test_seasons_vary_but_recur() -> None:
    days = [date(2026, month, 12) for month in range(1, 11)]
    amounts = [-14200, -13800, -11900, -9100, -7400, -6600, -6500, -6900, -8800, -10900]
    found = one(detect(rows(days, amounts, "CITY POWER"), date(2026, 10, 20)))
    assert not found.fixed
    assert found.tolerance >= 2000


def test_a_missed_payment_is_no_end() -> None:
    days = [date(2026, month, 5) for month in (1, 2, 3, 5, 6, 7, 9, 10)]
    found = one(detect(rows(days, [-999] * 8), date(2026, 10, 20)))
    assert found.missed == 2


def test_what_ended_is_not_suggested() -> None:
    days = [date(2026, month, 5) for month in range(1, 7)]
    assert detect(rows(days, [-999] * 6), date(2026, 6, 20))
    assert detect(rows(days, [-999] * 6), date(2026, 9, 20)) == []


@pytest.mark.parametrize("every", [1, 2, 3, 4, 5, 7])
def test_shopping_is_no_bill(every: int) -> None:
    days = [date(2026, 1, 1) + timedelta(days=every * number) for number in range(300 // every)]
    amounts = [-(2000 + 137 * number % 9000) for number in range(len(days))]
    assert detect(rows(days, amounts, "TESCO STORES"), days[-1]) == []


def test_income_and_expense_of_one_payee_stay_apart() -> None:
    days = [date(2026, month, 5) for month in range(1, 11)]
    found = detect(rows(days * 2, [-5000] * 10 + [5000] * 10, "PAYPAL"), date(2026, 10, 20))
    assert sorted(pattern.amount for pattern in found) == [-5000, 5000]


@settings(max_examples=60, deadline=None)
@given(
    start=st.dates(date(2024, 10, 1), date(2025, 6, 1)),
    every=st.sampled_from([(Interval.WEEKLY, 7), (Interval.FORTNIGHTLY, 14)]),
    amount=st.integers(100, 10**7),
    sign=st.sampled_from([-1, 1]),
)
def test_a_clean_series_is_always_found(
    start: date, every: tuple[Interval, int], amount: int, sign: int
) -> None:
    days = [start + timedelta(days=every[1] * number) for number in range(12)]
    found = one(detect(rows(days, [sign * amount] * 12), days[-1]))
    assert found.rhythm.interval is every[0]
    assert found.amount == sign * amount
    assert found.next_on == days[-1] + timedelta(days=every[1])


@settings(max_examples=60, deadline=None)
@given(
    day=st.integers(1, 31),
    months=st.sampled_from(
        [(Interval.MONTHLY, 1), (Interval.QUARTERLY, 3), (Interval.HALF_YEARLY, 6), (Interval.YEARLY, 12)]
    ),
    first=st.integers(2024 * 12 + 9, 2024 * 12 + 20),
)
def test_a_clean_monthly_series_is_found_and_its_recurrence_gives_its_dates(
    day: int, months: tuple[Interval, int], first: int
) -> None:
    interval, step = months
    days = []
    for number in range(4):
        at = first + number * step
        following = date((at + 1) // 12, (at + 1) % 12 + 1, 1)
        days.append(
            min(following - timedelta(days=1), date(at // 12, at % 12 + 1, 1) + timedelta(days=day - 1))
        )
    found = one(detect(rows(days, [-4200] * 4), days[-1]))
    assert found.rhythm.interval is interval
    (recurrence,) = recurrences_of(replace_anchor(found.rhythm, days[0]), days[0])
    given_dates = dates_between(recurrence, days[0] - timedelta(days=3), days[-1] + timedelta(days=3))
    assert all(abs((a - b).days) <= 3 for a, b in zip(given_dates, days, strict=True))


def replace_anchor(rhythm: Rhythm, anchor: date) -> Rhythm:
    return Rhythm(rhythm.interval, anchor, rhythm.days, rhythm.shift)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=40), st.sampled_from([0, 1, 8, 25]))
def test_clusters_share_out_every_amount_once(amounts: list[int], percent: int) -> None:
    groups = clusters([-amount for amount in amounts], percent)
    assert sorted(place for group in groups for place in group) == list(range(len(amounts)))


def test_one_odd_payment_is_no_new_price() -> None:
    assert model_of([2500, 2500, 2500, 2500, 5000]).amount == 2500
    assert model_of([2500, 2500, 2500, 2700]).amount == 2700


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("POS PURCHASE 0801 NETFLIX.COM 473829", ("netflix",)),
        ("Lastschrift ; Stadtwerke München GmbH ; KHN00ZVF35SR ; 09/25", ("stadtwerke", "munchen")),
        ("O2 Telefónica Germany 12.05.2026 14:03", ("o2", "telefonica", "germany")),
    ],
)
def test_words_that_name_a_payee(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


def test_spellings_of_one_payee_are_one_and_a_city_joins_nobody() -> None:
    texts = [
        "NETFLIX.COM LONDON",
        "Netflix International B.V.",
        "NETFLIX.COM LOND",
        "NANDOS LONDON",
        "FOYLES LONDON",
        "WAGAMAMA LONDON",
        "TFL LONDON",
        "B & Q LONDON",
    ]
    numbers = [number for number, _ in group_names([(text, "") for text in texts * 3])][: len(texts)]
    assert len(set(numbers[:3])) == 1
    assert len(set(numbers[2:])) == 6


def test_payments_find_their_dates_one_to_one() -> None:
    due = [date(2026, month, 1) for month in range(1, 6)]
    paid = [date(2026, 1, 3), date(2026, 2, 27), date(2026, 4, 1), date(2026, 4, 2)]
    assert nearest_dates(due, paid) == {0: 0, 1: 2, 2: 3}


@pytest.mark.parametrize(
    ("payee", "shown"),
    [
        ("Barnes & Noble #2291", "Barnes & Noble"),
        ("AT&T  *PAYMENT", "AT&T *PAYMENT"),
        ("NETFLIX.COM - 8665797172 &", "NETFLIX.COM"),
        ("& + H & & M 0042", "H & M"),
        ("4711 - 0815", "4711 - 0815"),
        ("", ""),
        ("x" * 300, "x" * 100),
    ],
)
def test_the_name_that_is_shown_has_no_codes(payee: str, shown: str) -> None:
    assert shown_name(payee) == shown
