"""Budgets on the real ledger: figures against SQL by hand, spaces, households, versions, undo, queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.scope import Scope
from recaller.domain.budgeting import PeriodKind, PeriodRule, Rollover, Template, TemplateKind
from recaller.domain.recurrence import Frequency, Recurrence
from recaller.infra.work import Work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.budgets import (
    BudgetDraft,
    LineDraft,
    PeriodView,
    add_lines,
    apply_templates,
    assign,
    assign_averages,
    budget_period,
    copy_previous,
    cover_overspending,
    create_budget,
    edit_line,
    list_budgets,
    list_moves,
    monthly,
    move_money,
    read_lines,
    remove_budget,
    remove_line,
    restore_budget,
    restore_line,
    suggest_lines,
    undo_move,
)
from recaller.services.categories import (
    create_category,
    delete_category,
    edit_category,
    get_category,
    hide_category,
)
from recaller.services.listing import totals
from recaller.services.recurring import RecurringDraft, create_recurring
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransferDraft,
    delete_transaction,
    edit_transaction,
    record_opening_balance,
    record_transaction,
)
from tests.support.households import Household
from tests.support.reading import Book, counted_statements, open_book, second_member

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
NOVEMBER, OCTOBER, DECEMBER = date(2026, 11, 1), date(2026, 10, 1), date(2026, 12, 1)


def at_noon() -> datetime:
    return NOW


def acting(scope: Scope, *, read_only: bool = False) -> Any:
    return work(scope, clock=at_noon, read_only=read_only)


@pytest.fixture
def book(household: Household) -> Book:
    """Money in October and November, in two currencies and two spaces."""
    with acting(household.scope) as w:
        made = open_book(w)
        checking, visa, giro, own = (made.accounts[name] for name in ("Checking", "Visa", "Giro", "Own"))
        category = made.categories
        record_opening_balance(w, checking, 100_000, date(2026, 9, 30))

        def spend(day: date, account: UUID, amount: int, name: str, **more: Any) -> None:
            record_transaction(
                w, EntryDraft(day, account, amount, "x", (Part(category[name], amount),), **more)
            )

        spend(date(2026, 10, 1), checking, 200_000, "Salary")
        spend(date(2026, 10, 31), checking, -30_000, "Groceries")
        spend(date(2026, 11, 1), checking, 200_000, "Salary")
        spend(date(2026, 11, 2), visa, -12_000, "Groceries")
        spend(date(2026, 11, 3), visa, 2_000, "Groceries")
        spend(date(2026, 11, 30), checking, -700, "Groceries", status="pending")
        spend(date(2026, 11, 4), giro, -5_500, "Groceries")
        spend(date(2026, 11, 5), own, -9_900, "Groceries")
        spend(date(2026, 11, 6), checking, -4_000, "Food")
        record_transaction(w, EntryDraft(
            date(2026, 11, 7), visa, -10_000, "Shop",
            (Part(category["Groceries"], -6_000), Part(category["Fuel"], -3_000), Part(category["Food"], -1_000)),
        ))  # fmt: skip
        record_transaction(w, TransferDraft(date(2026, 11, 8), checking, own, 15_000))
        record_transaction(w, EntryDraft(date(2026, 11, 9), checking, -600, "Kiosk"))
    return made


def envelopes(w: Work, book: Book, name: str = "Envelopes", **options: Any) -> UUID:
    lines = tuple(LineDraft(book.categories[name], amount) for name, amount in
                  (("Groceries", 40_000), ("Food", 10_000), ("Fuel", 5_000)))  # fmt: skip
    draft = BudgetDraft(name, "envelope", monthly(), starts_on=OCTOBER, lines=lines, **options)
    return create_budget(w, draft).id


def limits(w: Work, book: Book, name: str = "Limits", **options: Any) -> UUID:
    lines = (LineDraft(book.categories["Groceries"], 20_000), LineDraft(book.categories["Food"], 5_000))
    return create_budget(
        w, BudgetDraft(name, "limit", monthly(), starts_on=OCTOBER, lines=lines, **options)
    ).id


def look(scope: Scope, budget: UUID, on: date | None = None) -> PeriodView:
    with acting(scope, read_only=True) as w:
        return budget_period(w, budget, on)


def line_ids(scope: Scope, budget: UUID, book: Book) -> dict[str, UUID]:
    names = {identity: name for name, identity in book.categories.items()}
    with acting(scope) as w:
        return {names[line.category_id]: line.id for line in read_lines(w, budget)}


def figures(view: PeriodView) -> dict[str, tuple[int | None, int, int, int]]:
    return {line.name: (line.budgeted, line.carried, line.spent, line.available) for line in view.lines}


def by_hand(w: Work, view: PeriodView, category: UUID) -> int:
    """What the postings of one category in the shared space sum to, straight from the table."""
    row = w.row(
        "SELECT coalesce(sum(amount), 0)::bigint AS minor FROM posting WHERE account_id = :id AND currency = 'USD'"
        " AND space_id = :space AND date BETWEEN :first AND :last",
        id=category, space=w.scope.shared_space_id, first=view.start, last=view.end,
    )  # fmt: skip
    assert row is not None
    return int(row.minor)


def test_envelopes_equal_the_figures_worked_out_by_hand(household: Household, book: Book) -> None:
    with acting(household.scope) as w:
        budget = envelopes(w, book)
    october, november = look(household.scope, budget, OCTOBER), look(household.scope, budget)
    assert (october.funds, october.inflow, october.unassigned) == (270_000, 200_000, 245_000)
    assert figures(october)["Groceries"] == (40_000, 0, 30_000, 10_000)
    assert (november.start, november.previous, november.next) == (NOVEMBER, OCTOBER, DECEMBER)
    assert figures(november) == {
        "Groceries": (0, 10_000, 16_700, -6_700),
        "Food": (0, 10_000, 5_000, 5_000),
        "Fuel": (0, 5_000, 3_000, 2_000),
    }
    # 270,000 + 200,000 salary - 12,000 + 2,000 - 700 - 4,000 - 10,000 - 15,000 to a private account - 600
    assert november.funds == 429_700
    assert november.inflow == 200_000 - 15_000 - 600
    assert november.unassigned == 429_700 - (-6_700 + 5_000 + 2_000)
    assert november.unbudgeted == 600
    with acting(household.scope) as w:
        for line in november.lines:
            assert line.spent == by_hand(w, november, line.category_id)


def test_limits_equal_the_figures_worked_out_by_hand(household: Household, book: Book) -> None:
    with acting(household.scope) as w:
        budget = limits(w, book)
    assert figures(look(household.scope, budget, OCTOBER))["Groceries"] == (20_000, 0, 30_000, -10_000)
    view = look(household.scope, budget)
    # The limit holds on; Food stands for what has no line of its own below it.
    assert figures(view) == {"Groceries": (20_000, 0, 16_700, 3_300), "Food": (5_000, 0, 5_000, 0)}
    assert view.unbudgeted == 3_000 + 600
    (group,) = view.groups
    assert (group.name, group.budgeted, group.spent, [line.name for line in group.lines]) == (
        "Food", 25_000, 21_700, ["Food", "Groceries"],
    )  # fmt: skip
    assert {line.name: line.pace for line in view.lines} == {"Groceries": "ahead", "Food": "on_track"}


@pytest.mark.parametrize(
    "rule",
    [
        PeriodRule(PeriodKind.WEEKLY, date(2026, 11, 2)),
        PeriodRule(PeriodKind.MONTHLY, date(2026, 1, 2)),
        PeriodRule(PeriodKind.PAY_CYCLE, date(2026, 10, 30), every_days=14),
        PeriodRule(PeriodKind.QUARTERLY, date(2026, 1, 1)),
        PeriodRule(PeriodKind.YEARLY, date(2026, 4, 6)),
    ],
    ids=lambda rule: rule.kind.value,
)
def test_every_kind_of_period_equals_the_ledger(household: Household, book: Book, rule: PeriodRule) -> None:
    with acting(household.scope) as w:
        lines = tuple(LineDraft(book.categories[name], 1_000) for name in ("Groceries", "Fuel"))
        budget = create_budget(w, BudgetDraft("B", "envelope", rule, starts_on=OCTOBER, lines=lines))
        view: PeriodView | None = None
        start: date | None = budget.starts_on
        for _ in range(12):
            view = budget_period(w, budget.id, start)
            for line in view.lines:
                assert line.spent == by_hand(w, view, line.category_id)
            funds = w.row(
                "SELECT coalesce(sum(p.amount), 0)::bigint AS minor FROM posting p JOIN account a"
                " ON a.id = p.account_id WHERE a.kind IN ('asset', 'liability') AND p.currency = 'USD'"
                " AND p.space_id = :space AND p.date <= :end",
                space=w.scope.shared_space_id, end=view.end,
            )  # fmt: skip
            assert funds is not None and view.funds == funds.minor
            assert view.unassigned == view.funds - sum(line.available for line in view.lines)
            start = view.next


def test_only_the_chosen_accounts_count(household: Household, book: Book) -> None:
    with acting(household.scope) as w:
        budget = envelopes(w, book, account_ids=(book.accounts["Checking"],))
        with pytest.raises(ValidationFailed):
            envelopes(w, book, "Other", account_ids=(book.accounts["Giro"],))
    view = look(household.scope, budget)
    assert figures(view)["Groceries"] == (0, 10_000, 700, 9_300)
    assert figures(view)["Food"] == (0, 10_000, 4_000, 6_000)
    assert view.funds == 270_000 + 200_000 - 700 - 4_000 - 15_000 - 600
    assert view.unassigned == view.funds - sum(line.available for line in view.lines)


def test_what_is_shown_opens_to_transactions_of_exactly_that_sum(household: Household, book: Book) -> None:
    with acting(household.scope) as w:
        budget = envelopes(w, book)
        view = budget_period(w, budget)
        fuel = next(line for line in view.lines if line.name == "Fuel")
        groceries = next(line for line in view.lines if line.name == "Groceries")
        for line in (fuel, groceries):
            assert [total.net for total in totals(w, line.filter)] == [-line.spent]
        assert [total.net for total in totals(w, view.unbudgeted_filter)] == [-600]


def test_a_private_budget_counts_what_is_private(household: Household, book: Book) -> None:
    member = second_member(household)
    with acting(household.scope) as w:
        own = envelopes(w, book, private=True)
        shared = limits(w, book)
        view = budget_period(w, own)
        assert (view.funds, figures(view)["Groceries"][2]) == (15_000 - 9_900, 9_900)
    with acting(member) as w:
        assert [budget.id for budget in list_budgets(w)] == [shared]
        with pytest.raises(NotFound):
            budget_period(w, own)
        # The other one's private account is in nobody else's figures, and not in the shared budget's either.
        assert figures(budget_period(w, shared))["Groceries"][2] == 16_700
    assert figures(look(household.scope, shared))["Groceries"][2] == 16_700


def test_another_household_reaches_nothing(
    household: Household, book: Book, new_household: Callable[..., Household]
) -> None:
    with acting(household.scope) as w:
        budget = envelopes(w, book)
        line = read_lines(w, budget)[0].id
        step = assign(w, line, NOVEMBER, 5)
    attempts: list[Callable[[Work], object]] = [
        lambda w: budget_period(w, budget),
        lambda w: assign(w, line, NOVEMBER, 1),
        lambda w: move_money(w, budget, NOVEMBER, source=None, target=line, amount=1),
        lambda w: cover_overspending(w, line, NOVEMBER),
        lambda w: copy_previous(w, budget, NOVEMBER),
        lambda w: undo_move(w, step.id),
        lambda w: remove_budget(w, budget),
        lambda w: remove_line(w, line),
        lambda w: add_lines(w, budget, [LineDraft(book.categories["Fuel"])]),
        lambda w: create_budget(
            w, BudgetDraft("X", "limit", monthly(), lines=(LineDraft(book.categories["Fuel"]),))
        ),
    ]
    stranger = new_household("Birch").scope
    for attempt in attempts:
        with pytest.raises(NotFound), acting(stranger) as w:
            attempt(w)
    with acting(stranger) as w:
        assert list_budgets(w) == () and list_moves(w, budget) == ()
        mine = create_budget(w, BudgetDraft("Mine", "envelope", monthly())).id
        with pytest.raises(NotFound):
            move_money(w, mine, date(2026, 11, 1), source=None, target=line, amount=1)


def test_money_moves_and_comes_back(household: Household, book: Book) -> None:
    scope = household.scope
    with acting(scope) as w:
        budget = envelopes(w, book)
    lines = line_ids(scope, budget, book)
    before = look(scope, budget)
    with acting(scope) as w:
        covered = cover_overspending(w, lines["Groceries"], NOVEMBER, source=lines["Food"])
    middle = look(scope, budget)
    assert figures(middle)["Groceries"][3] == -1_700 and figures(middle)["Food"][3] == 0
    assert middle.unassigned == before.unassigned
    with acting(scope) as w:
        cover_overspending(w, lines["Groceries"], NOVEMBER)
        with pytest.raises(Conflict):
            cover_overspending(w, lines["Groceries"], NOVEMBER)
    after = look(scope, budget)
    assert figures(after)["Groceries"][3] == 0 and after.unassigned == before.unassigned - 1_700
    with acting(scope) as w:
        undo_move(w, covered.id)
        with pytest.raises(Conflict):
            undo_move(w, covered.id)
    undone = look(scope, budget)
    # The cover from unassigned came later and stays.
    assert figures(undone)["Groceries"][3] == -5_000 and figures(undone)["Food"][3] == 5_000
    with acting(scope) as w:
        for step in list_moves(w, budget):
            if not step.undone:
                undo_move(w, step.id)
        assert (
            w.rows("SELECT 1 FROM budget_assignment WHERE period_start = :day AND amount <> 0", day=NOVEMBER)
            == []
        )
    assert figures(look(scope, budget)) == figures(before)


def test_what_cant_be_moved(household: Household, book: Book) -> None:
    with acting(household.scope) as w:
        budget, other = envelopes(w, book), limits(w, book)
        line, limit = read_lines(w, budget)[0].id, read_lines(w, other)[0].id
        for wrong in (
            lambda: move_money(w, budget, NOVEMBER, source=line, target=line, amount=5),
            lambda: move_money(w, budget, NOVEMBER, source=line, target=None, amount=0),
            lambda: move_money(w, budget, date(2026, 11, 2), source=line, target=None, amount=5),
            lambda: move_money(w, budget, date(2026, 9, 1), source=line, target=None, amount=5),
            lambda: move_money(w, other, NOVEMBER, source=limit, target=None, amount=5),
            lambda: cover_overspending(w, limit, NOVEMBER),
            lambda: assign(w, limit, NOVEMBER, -5),
            lambda: edit_line(w, limit, rollover=Rollover.POOL, template=None, version=1),
        ):
            with pytest.raises(ValidationFailed):
                wrong()
        with pytest.raises(NotFound):
            move_money(w, budget, NOVEMBER, source=line, target=limit, amount=5)


def test_a_new_rollover_leaves_the_past_alone(household: Household, book: Book) -> None:
    scope = household.scope
    with acting(scope) as w:
        budget = envelopes(w, book)
    lines = line_ids(scope, budget, book)
    before = look(scope, budget)
    with acting(scope) as w:
        edit_line(w, lines["Fuel"], rollover=Rollover.NONE, template=None, version=1)
    assert figures(look(scope, budget)) == figures(before)
    december = look(scope, budget, DECEMBER)
    assert (figures(december)["Fuel"][1], figures(december)["Food"][1]) == (0, 5_000)
    assert figures(december)["Groceries"][1] == 0
    assert december.released == 2_000 - 6_700
    with acting(scope) as w:
        edit_line(w, lines["Fuel"], rollover=Rollover.NONE, template=None, version=2, since=OCTOBER)
    assert figures(look(scope, budget))["Fuel"] == (0, 0, 3_000, -3_000)


def test_late_edits_deletes_and_moved_categories_are_followed(household: Household, book: Book) -> None:
    scope = household.scope
    with acting(scope) as w:
        budget = envelopes(w, book)
        late = record_transaction(
            w,
            EntryDraft(
                date(2026, 10, 5),
                book.accounts["Visa"],
                -1_000,
                "x",
                (Part(book.categories["Fuel"], -1_000),),
            ),
        )
    assert figures(look(scope, budget))["Fuel"] == (0, 4_000, 3_000, 1_000)
    with acting(scope) as w:
        changed = edit_transaction(
            w, late.id,
            EntryDraft(date(2026, 10, 6), book.accounts["Visa"], -2_000, "x", (Part(book.categories["Fuel"], -2_000),)),
            version=late.version,
        )  # fmt: skip
    assert figures(look(scope, budget))["Fuel"] == (0, 3_000, 3_000, 0)
    with acting(scope) as w:
        delete_transaction(w, changed.id)
        # Restaurants goes under Food's line; moved away it counts there no more, in all periods.
        bakery = create_category(w, "Bakery", "expense", parent_id=book.categories["Food"])
        record_transaction(
            w, EntryDraft(date(2026, 11, 5), book.accounts["Visa"], -500, "x", (Part(bakery.id, -500),))
        )
    assert figures(look(scope, budget))["Food"][2] == 5_500
    assert figures(look(scope, budget))["Fuel"] == (0, 5_000, 3_000, 2_000)
    with acting(scope) as w:
        parent = get_category(w, book.categories["Fuel"]).parent_id
        edit_category(w, bakery.id, name="Bakery", parent_id=parent, icon="tag", version=1)
        hide_category(w, book.categories["Fuel"], hidden=True)
    view = look(scope, budget)
    assert figures(view)["Food"][2] == 5_000
    assert view.unassigned == view.funds - sum(line.available for line in view.lines)
    assert next(line for line in view.lines if line.name == "Fuel").hidden


def test_a_category_in_a_budget_isnt_deleted(household: Household, book: Book) -> None:
    with acting(household.scope) as w:
        budget = limits(w, book)
        spare = create_category(w, "Spare", "expense").id
        (*_, line) = add_lines(w, budget, [LineDraft(spare, 5)])
        with pytest.raises(Conflict):
            delete_category(w, spare)
        remove_line(w, line.id)
        delete_category(w, spare)


def test_removed_things_come_back(household: Household, book: Book) -> None:
    scope = household.scope
    with acting(scope) as w:
        budget = envelopes(w, book)
    before = look(scope, budget)
    line = before.lines[0].line_id
    with acting(scope) as w:
        remove_line(w, line)
        view = budget_period(w, budget)
        assert len(view.lines) == 2
        assert view.unassigned == view.funds - sum(one.available for one in view.lines)
        restore_line(w, line)
        assert figures(budget_period(w, budget)) == figures(before)
        remove_budget(w, budget)
        assert list_budgets(w) == ()
        with pytest.raises(NotFound):
            budget_period(w, budget)
        with pytest.raises(NotFound):
            assign(w, line, NOVEMBER, 5)
        assert restore_budget(w, budget).id == budget
    assert figures(look(scope, budget)) == figures(before)


def test_a_step_is_undone_in_a_line_that_was_taken_out_meanwhile(household: Household, book: Book) -> None:
    scope = household.scope
    with acting(scope) as w:
        budget = envelopes(w, book)
    before, fuel = look(scope, budget), line_ids(scope, budget, book)["Fuel"]
    with acting(scope) as w:
        move = move_money(w, budget, NOVEMBER, source=None, target=fuel, amount=5_000)
        remove_line(w, fuel)
        undo_move(w, move.id)
        restore_line(w, fuel)
    assert figures(look(scope, budget)) == figures(before)


def test_many_periods(household: Household, book: Book) -> None:
    """A budget that was made at the limit goes on; what lies further ahead than anybody plans is refused."""
    weekly = PeriodRule(PeriodKind.WEEKLY, date(2026, 1, 5))
    daily = PeriodRule(PeriodKind.PAY_CYCLE, date(2026, 1, 5), every_days=1)
    line = (LineDraft(book.categories["Fuel"], 100),)
    with acting(household.scope) as w:
        old = create_budget(
            w, BudgetDraft("Old", "envelope", weekly, starts_on=date(2006, 11, 20), lines=line)
        ).id
        with pytest.raises(ValidationFailed) as refused:
            create_budget(w, BudgetDraft("Days", "limit", daily, starts_on=date(2020, 1, 1), lines=line))
        assert refused.value.field == "starts_on"
    with work(household.scope, clock=lambda: datetime(2036, 11, 16, 12, tzinfo=UTC)) as w:
        view = budget_period(w, old)
        assert view.unassigned == view.funds - sum(line.available for line in view.lines)
        assert budget_period(w, old, date(2046, 1, 1)).start == date(2046, 1, 1)
        for far in (date(2199, 1, 1), date.max):
            with pytest.raises(ValidationFailed):
                budget_period(w, old, far)


def test_copy_average_and_templates(household: Household, book: Book) -> None:
    scope = household.scope
    with acting(scope) as w:
        budget = envelopes(w, book)
        with pytest.raises(Conflict):
            copy_previous(w, budget, OCTOBER)
        copied = copy_previous(w, budget, NOVEMBER)
        assert figures(budget_period(w, budget))["Groceries"] == (40_000, 10_000, 16_700, 33_300)
        undo_move(w, copied.id)
        assert figures(budget_period(w, budget))["Groceries"][0] == 0
        assign_averages(w, budget, DECEMBER, 2)
        assert {name: row[0] for name, row in figures(budget_period(w, budget, DECEMBER)).items()} == {
            "Groceries": 23_350, "Food": 2_500, "Fuel": 1_500,
        }  # fmt: skip
        with pytest.raises(Conflict):
            apply_templates(w, budget, NOVEMBER)
        lines = {line.category_id: line for line in read_lines(w, budget)}
        for name, template in (
            ("Groceries", Template(TemplateKind.INCOME, basis_points=1_000)),
            ("Food", Template(TemplateKind.BY_DATE, amount=20_000, by=date(2027, 1, 20))),
            ("Fuel", Template(TemplateKind.AVERAGE, periods=1)),
        ):
            line = lines[book.categories[name]]
            edit_line(w, line.id, rollover=Rollover.SURPLUS, template=template, version=line.version)
        apply_templates(w, budget, NOVEMBER)
        view = budget_period(w, budget)
        assert {name: row[0] for name, row in figures(view).items()} == {
            # 10 % of 200,000; (20,000 - 10,000 carried) in three steps, rounded up; nothing in October
            "Groceries": 20_000, "Food": 3_334, "Fuel": 0,
        }  # fmt: skip
        with pytest.raises(Conflict):
            apply_templates(w, budget, NOVEMBER, only_empty=True)


def test_a_new_budget_is_proposed_from_what_was_spent(household: Household, book: Book) -> None:
    with acting(household.scope, read_only=True) as w:
        found = suggest_lines(w, monthly(), count=1)
        assert [(one.name, one.average) for one in found] == [("Food › Groceries", 30_000)]
        assert suggest_lines(w, monthly(), count=1, currency="EUR") == ()


def test_a_period_costs_the_same_whatever_its_lines(household: Household, book: Book) -> None:
    with acting(household.scope) as w:
        few = limits(w, book)
        many = envelopes(w, book)
        drafts = [
            LineDraft(create_category(w, f"Category {number}", "expense").id, 100) for number in range(60)
        ]
        add_lines(w, many, drafts)
    counts = []
    for budget in (few, many):
        with acting(household.scope, read_only=True) as w, counted_statements() as seen:
            budget_period(w, budget)
        counts.append(len(seen))
    assert counts[0] <= 9 and counts[1] <= counts[0] + 1


def test_bad_drafts_are_refused(household: Household, book: Book) -> None:
    salary, fuel = book.categories["Salary"], book.categories["Fuel"]
    with acting(household.scope) as w:
        limits(w, book)
    for draft, error in (
        (BudgetDraft("", "limit", monthly()), ValidationFailed),
        (BudgetDraft("A", "other", monthly()), ValidationFailed),
        (BudgetDraft("A", "limit", monthly(), currency="EURO"), ValidationFailed),
        (BudgetDraft("A", "limit", monthly(), alert_percents=(0,)), ValidationFailed),
        (BudgetDraft("A", "limit", monthly(), starts_on=date(1950, 1, 1)), ValidationFailed),
        (BudgetDraft("A", "limit", monthly(), lines=(LineDraft(salary),)), ValidationFailed),
        (BudgetDraft("A", "limit", monthly(), lines=(LineDraft(fuel, -5),)), ValidationFailed),
        (BudgetDraft("limits", "limit", monthly()), Conflict),
        (BudgetDraft("A", "limit", monthly(), lines=(LineDraft(fuel),) * 2), Conflict),
    ):
        with pytest.raises(error), acting(household.scope) as w:
            create_budget(w, draft)


def test_an_account_made_later_counts_where_all_do(household: Household, book: Book) -> None:
    with acting(household.scope) as w:
        budget = envelopes(w, book)
        before = budget_period(w, budget)
        fresh = create_account(w, AccountDraft("Cash", "cash", "USD")).id
        record_opening_balance(w, fresh, 5_000, date(2020, 1, 1))
        after = budget_period(w, budget)
    assert (after.funds, after.unassigned) == (before.funds + 5_000, before.unassigned + 5_000)


def test_bills_that_are_due_count_against_the_pace(household: Household, book: Book) -> None:
    with acting(household.scope) as w:
        budget = limits(w, book)
        account, food = book.accounts["Checking"], book.categories["Food"]
        for name, day, amount, category in (
            ("Crate", 20, -900, food), ("Club", 25, -1_500, book.categories["Groceries"]),
        ):  # fmt: skip
            start = Recurrence(date(2026, 11, day), Frequency.MONTHLY)
            create_recurring(w, RecurringDraft(name, account, amount, start, parts=(Part(category, amount),)))
        halves = (Part(food, -300), Part(book.categories["Fuel"], -700))
        create_recurring(
            w,
            RecurringDraft(
                "Box", account, -1_000, Recurrence(date(2026, 11, 28), Frequency.MONTHLY), parts=halves
            ),
        )
        create_recurring(
            w, RecurringDraft("Euro", book.accounts["Giro"], -999, Recurrence(date(2026, 11, 27), Frequency.MONTHLY),
                              parts=(Part(food, -999),))
        )  # fmt: skip
        view = budget_period(w, budget)
        lines = {line.name: line for line in view.lines}
        assert [(bill.name, bill.on.day, bill.amount) for bill in lines["Food"].bills] == [
            ("Crate", 20, 900), ("Box", 28, 300),
        ]  # fmt: skip
        assert (lines["Food"].bills_due, lines["Food"].pace) == (1_200, "ahead")
        assert lines["Groceries"].bills_due == 1_500
    with acting(household.scope, read_only=True) as w, counted_statements() as seen:
        budget_period(w, budget)
    assert len(seen) <= 11
