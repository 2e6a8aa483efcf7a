"""Rules without a database: what their JSON may say, hostile patterns, splits to the cent, sentences."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recaller.core.errors import ValidationFailed
from recaller.core.ids import new_id
from recaller.domain.rules.acting import read_actions, write_actions
from recaller.domain.rules.linking import Claim, OpenDate, assign_links
from recaller.domain.rules.model import Share, Split
from recaller.domain.rules.patterns import Patterns, check_pattern
from recaller.domain.rules.reading import read_conditions, write_conditions
from recaller.domain.rules.sentences import describe
from recaller.domain.rules.splitting import divide
from tests.support.effort import within

A, B, C = (new_id() for _ in range(3))
NAMES = {A: "Groceries", B: "Household", C: "Checking"}


def group(*items: Any, match: str = "all") -> dict[str, Any]:
    return {"match": match, "of": list(items)}


def condition(field: str = "payee", op: str = "contains", value: Any = "rewe", **more: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value, **more}


def refused(raw: Any) -> ValidationFailed:
    with pytest.raises(ValidationFailed) as caught:
        read_conditions(raw)
    return caught.value


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("text", "conditions"),
        ({"match": "some", "of": []}, "conditions.match"),
        (group(condition("colour")), "conditions.of.0.field"),
        (group(condition("payee", "below", 3)), "conditions.of.0.op"),
        (group(condition(), condition(value="  ")), "conditions.of.1.value"),
        (group(group(condition("amount", "below", 1.5, currency="EUR"))), "conditions.of.0.of.0.value"),
        (group(condition("amount", "below", 1)), "conditions.of.0.currency"),
        (group(condition("size", "below", -1, currency="EUR")), "conditions.of.0.value"),
        (group(condition("amount", "between", 5, to=1, currency="EUR")), "conditions.of.0.to"),
        (group(condition("weekday", "one_of", [0])), "conditions.of.0.value"),
        (group(condition("account", "one_of", ["x"])), "conditions.of.0.value"),
        (group(condition("tag", "one_of", [])), "conditions.of.0.value"),
        (group(condition("date", "between", "2026-02-30")), "conditions.of.0.value"),
        (group(condition(value="x" * 201)), "conditions.of.0.value"),
        (group(condition(value="a\0b")), "conditions.of.0.value"),
        (group(condition(extra=1)), "conditions.of.0.extra"),
        (group(*[condition()] * 51), "conditions.of"),
        (group(*[group(*[condition()] * 10)] * 6), "conditions"),
    ],
)
def test_an_error_names_its_place(raw: Any, place: str) -> None:
    assert refused(raw).field == place


def test_nesting_is_bounded_in_depth_and_number() -> None:
    deep: Any = condition()
    for _ in range(31):
        deep = group(deep)
    assert "deep" in refused(deep).message
    wide = group(*[group(group(condition())) for _ in range(15)])
    assert "at most 30 groups" in refused(wide).message


def test_json_survives_reading_and_writing() -> None:
    raw = group(
        condition(value="Straße"),
        group(
            condition("amount", "between", -500, to=-1, currency="EUR"),
            condition("category", "one_of", [str(A)], **{"not": True}),
            {"field": "tag", "op": "empty"},
            match="any",
        ),
        condition("date", "between", None, to="2026-03-01"),
        match="none",
    )
    read = read_conditions(raw)
    assert read_conditions(write_conditions(read)) == read
    actions = [
        {"do": "set_payee", "payee": " Rewe  Markt "},
        {
            "do": "split",
            "parts": [{"category_id": str(A), "amount": 5}],
            "rest_category_id": str(B),
            "currency": "EUR",
        },
        {"do": "add_tags", "tags": ["#food", "Food"]},
        {"do": "append_note", "text": "line"},
    ]
    acted = read_actions(actions)
    assert read_actions(write_actions(acted)) == acted
    assert write_actions(acted)[2] == {"do": "add_tags", "tags": ["food"]}


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ([], "actions"),
        ([{"do": "explode"}], "actions.0.do"),
        ([{"do": "set_category", "category_id": "x"}], "actions.0.category_id"),
        ([{"do": "set_payee", "payee": ""}], "actions.0.payee"),
        ([{"do": "append_note", "text": "two\nlines"}], "actions.0.text"),
        ([{"do": "split", "parts": [{"category_id": str(A), "basis_points": 9000}]}], "actions.0.parts"),
        (
            [{"do": "split", "parts": [{"category_id": str(A), "basis_points": 5000}] * 2, "rest_category_id": str(B)}],
            "actions.0.parts",
        ),
        (
            [{"do": "split", "parts": [{"category_id": str(A), "basis_points": 1},
                                       {"category_id": str(A), "amount": 1}]}],
            "actions.0.parts",
        ),
        ([{"do": "set_category", "category_id": str(A)}, {"do": "make_transfer", "account_id": str(C)}], "actions.1"),
        ([{"do": "add_tags", "tags": ["x"]}] * 11, "actions"),
    ],
)  # fmt: skip
def test_an_action_that_makes_no_sense_is_refused(raw: Any, place: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_actions(raw)
    assert caught.value.field == place


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a", "missing )"),
        (r"(a)\1", "can't refer back"),
        ("(?=a)", "looking ahead"),
        ("(?:(?:a{1000}){1000}){1000}", "repeats too much"),
        ("((a{100}){100}){100}", "repeats too much"),
        ("x" * 201, "at most 200"),
        (" ", "Write the pattern"),
    ],
)
def test_a_pattern_that_cant_be_used_is_named_with_the_reason(pattern: str, why: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        check_pattern(pattern, "field")
    assert why in caught.value.message
    if pattern.strip():
        assert pattern[:40] in caught.value.message.replace("\\\\", "\\")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*a){12}", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_hostile_pattern_takes_linear_time(pattern: str) -> None:
    check_pattern(pattern, "field")
    within(5, lambda: Patterns([pattern]).held_by("a" * 20_000 + "!"))


def test_patterns_know_neither_case_nor_accents() -> None:
    pool = Patterns(["MÜLL(er)?", r"caf[éè]\b", r"\d{3}$"])
    assert pool.held_by("cafe muller 123") == {0, 1, 2}
    assert pool.held_by("cafeteria") == frozenset()


points = st.lists(st.integers(1, 3000), min_size=2, max_size=3)


@given(total=st.integers(-(10**15), 10**15), shares=points, rest=st.booleans())
def test_a_split_totals_to_the_cent_and_is_fair(total: int, shares: list[int], rest: bool) -> None:
    if not rest:
        shares = [*shares, 10_000 - sum(shares)]
    split = Split(tuple(Share(A, basis_points=one) for one in shares), B if rest else None)
    parts = divide(total, split)
    if parts is None:
        assert abs(total) < 10_000, "only what is too small to be divided is left whole"
        return
    assert sum(part[1] for part in parts) == total
    assert all((part[1] < 0) == (total < 0) for part in parts)
    if len(parts) == len(shares) + rest:
        for share, part in zip(shares, parts, strict=False):
            assert abs(abs(part[1]) * 10_000 - abs(total) * share) < 10_000, "never off by a whole unit"


@given(total=st.integers(-10_000, 10_000), fixed=st.lists(st.integers(1, 4000), min_size=1, max_size=4))
def test_fixed_amounts_leave_the_rest(total: int, fixed: list[int]) -> None:
    parts = divide(total, Split(tuple(Share(A, amount=one) for one in fixed), B, "EUR"))
    if sum(fixed) > abs(total):
        assert parts is None
    elif parts is not None:
        assert sum(part[1] for part in parts) == total
        assert [abs(part[1]) for part in parts][: len(fixed)] == fixed


def test_the_largest_fraction_gets_the_odd_cent() -> None:
    split = Split((Share(A, basis_points=1250), Share(B, basis_points=8750)))
    assert divide(-3, split) is None, "one of the two would get nothing"
    assert [part[1] for part in divide(-4, split) or ()] == [-1, -3]
    third = Split(tuple(Share(one, basis_points=3333) for one in (A, B)), C)
    assert [part[1] for part in divide(-100, third) or ()] == [-33, -33, -34]


def sentence(conditions: Any, actions: Any) -> str:
    return describe(read_conditions(conditions), read_actions(actions), NAMES)


def test_a_rule_reads_as_a_sentence() -> None:
    category = {"do": "set_category", "category_id": str(A)}
    assert (
        sentence(group(condition(), condition("amount", "below", 0, currency="EUR")), [category])
        == "If payee contains 'rewe' and amount is below 0, set category Groceries"
    )
    assert sentence(
        group(
            group(condition(value="aldi"), condition(op="one_of", value=["lidl", "netto"]), match="any"),
            group(condition("weekday", "one_of", [6, 7]), match="none"),
            condition("direction", "equals", "out"),
        ),
        [{"do": "make_transfer", "account_id": str(C)}],
    ) == (
        "If (payee contains 'aldi' or payee is 'lidl' or 'netto') and not (weekday is Saturday or Sunday)"
        " and money goes out, make it a transfer with Checking"
    )
    split = {
        "do": "split",
        "parts": [{"category_id": str(A), "basis_points": 3350}],
        "rest_category_id": str(UUID(int=1)),
    }
    assert sentence(group(), [split]) == "Always split it: 33.5 % Groceries, the rest (gone)"


def claim(day: int, amount: int = -100, *, rule: int = 0, item: UUID = A, account: UUID = C) -> Claim:
    return Claim(new_id(), date(2026, 3, 1) + timedelta(day), amount, "USD", account, item, rule)


def open_date(day: int, amount: int = -100, *, item: UUID = A) -> OpenDate:
    on = date(2026, 3, 1) + timedelta(day)
    return OpenDate(item, on, on, amount, "USD", C, 7)


def test_the_nearest_pair_goes_first_and_rules_in_their_order() -> None:
    near, far, later_rule = claim(11), claim(4), claim(10, rule=1)
    found = assign_links([later_rule, far, near], [open_date(10)])
    assert found.keys() == {near.transaction_id}
    assert found[near.transaction_id].link == (A, date(2026, 3, 11))
    found = assign_links([later_rule, far, near], [open_date(10), open_date(2)])
    assert {one: found[one].settles.due.day for one in found} == {
        near.transaction_id: 11,
        far.transaction_id: 3,
    }
    # Equally far: the nearer amount.
    exact, other = claim(12), claim(8, -90)
    assert assign_links([other, exact], [open_date(10)]).keys() == {exact.transaction_id}


@pytest.mark.parametrize(
    "odd", [claim(18), claim(10, 100), claim(10, 0), claim(10, account=B), claim(10, item=B)]
)
def test_what_cannot_be_the_payment_is_not_linked(odd: Claim) -> None:
    assert assign_links([odd], [open_date(10)]) == {}


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(-3, 3), st.integers(0, 2))), st.integers(0, 10**6))
def test_links_are_one_to_one_and_the_order_given_does_not_matter(
    rows: list[tuple[int, int, int]], seed: int
) -> None:
    claims = [claim(day, amount, rule=rule) for day, amount, rule in rows]
    dates = [open_date(day, amount) for day, amount in ((3, -2), (10, 1), (30, -1), (31, -3), (58, 2))]
    found = assign_links(claims, dates)
    assert len({one.link for one in found.values()}) == len(found)
    dice = random.Random(seed)
    assert assign_links(dice.sample(claims, len(claims)), dice.sample(dates, len(dates))) == found
    # Nothing that could still be paid is left open.
    free = [one for one in dates if one not in [each.settles for each in found.values()]]
    assert assign_links([one for one in claims if one.transaction_id not in found], free) == {}
