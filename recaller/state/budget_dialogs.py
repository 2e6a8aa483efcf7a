"""The dialogs of a budget: moving money, covering, a line's rollover and template, adding lines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import reflex as rx

from recaller.core.errors import ValidationFailed
from recaller.core.ids import parse_id
from recaller.domain.amount_input import parse_amount
from recaller.domain.budgeting import Rollover, Template, TemplateKind
from recaller.infra.work import Work
from recaller.services.budgets import (
    LineDraft,
    LineView,
    MoveView,
    PeriodView,
    add_lines,
    budget_period,
    cover_overspending,
    edit_line,
    get_budget,
    get_line,
    line_names,
    list_moves,
    move_money,
    read_lines,
    remove_line,
    undo_move,
)
from recaller.services.categories import list_categories
from recaller.state import budget_view as shown
from recaller.state.base import date_of, event, id_of, in_work, optional_id, text_of
from recaller.state.budget_steps import Step, steps_of
from recaller.state.budgets import BudgetsState, back_toast, undo_toast
from recaller.state.formatting import Formatter
from recaller.state.forms import Fields, FormState, form_event
from recaller.state.pickers import Choice, category_choices, formatter_of

T = TypeVar("T")


class BudgetDialogState(FormState, rx.State):
    """One dialog at a time: `dialog` is 'move', 'cover', 'line', 'add' or 'steps', "" when none is open."""

    dialog: str = ""
    title: str = ""
    currency: str = ""
    picks: list[Choice] = []
    source: str = ""
    target: str = ""
    amount: str = ""
    words: str = ""
    rollover: str = ""
    rollovers: list[Choice] = []
    template: str = ""
    template_amount: str = ""
    template_count: str = ""
    template_percent: str = ""
    template_by: str = ""
    categories: list[Choice] = []
    steps: list[Step] = []
    _line: str = ""
    _version: int = 0
    _budget: str = ""
    _start: str = ""

    @event
    async def dismiss(self) -> Any:
        """Leave the dialog."""
        self.dialog = ""

    @event
    async def open_move(self, line_id: str = "") -> Any:
        """Ask from where to where money is to go; `line_id` is the first proposal's target, or the source."""
        identity = optional_id(line_id, "line")
        view, say = await self._period()
        line = next((one for one in view.lines if one.line_id == identity), None)
        self._begin("move", "Move money", view)
        self.picks = shown.line_choices(view, say)
        self.source, self.target, self.amount, self.words = "", "", "", ""
        if line is not None and line.available > 0:
            self.source = str(line.line_id)
        elif line is not None:
            self.target = str(line.line_id)
            self.amount = say.number(-line.available, view.budget.currency) if line.available < 0 else ""
        elif view.lines:
            self.target = str(view.lines[0].line_id)

    @form_event
    async def submit_move(self, fields: Fields) -> Any:
        """Move the money."""
        source, target = (
            optional_id(fields.get("source"), "source"),
            optional_id(fields.get("target"), "target"),
        )
        typed = text_of(fields.get("amount"), "amount", most=200)
        budget, start, unit = parse_id(self._budget), date.fromisoformat(self._start), self.currency

        def change(w: Work) -> MoveView:
            amount = parse_amount(typed, unit, w.scope.locale)
            return move_money(w, budget, start, source=source, target=target, amount=amount)

        return await self._save(change, lambda move: undo_toast("Moved", move.id))

    @event
    async def open_cover(self, line_id: str) -> Any:
        """Ask where the money comes from that an overspent envelope lacks."""
        identity = id_of(line_id, "line")
        view, say = await self._period()
        line = next((one for one in view.lines if one.line_id == identity), None)
        if line is None or line.available >= 0:
            return rx.toast.info("This envelope is not overspent.")
        self._begin("cover", f"Cover {line.name}", view)
        self._line = str(identity)
        unit = view.budget.currency
        richest = sorted(view.lines, key=lambda one: -one.available)
        self.picks = [Choice("", f"Unassigned ({say.money(view.unassigned, unit)})")] * (
            view.unassigned > 0
        ) + [
            Choice(str(one.line_id), f"{one.name} ({say.money(one.available, unit)})")
            for one in richest
            if one.available > 0
        ]
        self.source = self.picks[0].value if self.picks else ""
        self.words = (
            f"{say.money(-line.available, unit)} is missing. It is covered as far as the money reaches."
        )
        return None

    @form_event
    async def submit_cover(self, fields: Fields) -> Any:
        """Cover the envelope."""
        source = optional_id(fields.get("source"), "source")
        line, start = parse_id(self._line), date.fromisoformat(self._start)
        return await self._save(
            lambda w: cover_overspending(w, line, start, source=source),
            lambda move: undo_toast("Covered", move.id),
        )

    @event
    async def open_line(self, line_id: str) -> Any:
        """Show a line's rollover and template."""
        identity = id_of(line_id, "line")
        view, say = await self._period()
        line = await in_work(self, lambda w: get_line(w, identity), read_only=True)
        name = next((one.name for one in view.lines if one.line_id == identity), "Line")
        self._begin("line", name, view)
        self._line, self._version = str(identity), line.version
        self.rollovers = [
            Choice(key, text)
            for key, text in shown.ROLLOVERS.items()
            if key != "pool" or view.budget.envelopes
        ]
        self.rollover = line.rollover_on(view.start).value
        self._show_template(line.template, say, view.budget.currency)

    @event
    async def choose_template(self, kind: str) -> Any:
        """Show the fields that the chosen kind of template needs."""
        self.template = kind if kind in {one.value for one in TemplateKind} else ""

    @form_event
    async def submit_line(self, fields: Fields) -> Any:
        """Keep a line's rollover and template."""
        line, version, start, unit = (
            parse_id(self._line),
            self._version,
            date.fromisoformat(self._start),
            self.currency,
        )
        kind = self.template
        chosen = text_of(fields.get("rollover"), "rollover", most=20)
        if chosen not in shown.ROLLOVERS:
            raise ValidationFailed("rollover", "Choose what becomes of the rest.")

        def change(w: Work) -> LineView:
            template = _template(fields, kind, unit, w.scope.locale)
            return edit_line(
                w, line, rollover=Rollover(chosen), template=template, version=version, since=start
            )

        return await self._save(change, lambda _: rx.toast.success("Saved"))

    @event
    async def remove(self) -> Any:
        """Take the line out of the budget."""
        line, name = parse_id(self._line), self.title
        return await self._save(
            lambda w: remove_line(w, line),
            lambda _: back_toast(f"{name} taken out of the budget", "line", line),
        )

    @event
    async def open_add(self) -> Any:
        """Offer the categories that the budget doesn't have yet."""
        view, _ = await self._period()
        budget = view.budget.id

        def read(w: Work) -> list[Choice]:
            taken = {line.category_id for line in read_lines(w, budget)}
            free = [one for one in list_categories(w) if one.kind == "expense" and one.id not in taken]
            return category_choices(free)

        self.categories = await in_work(self, read, read_only=True)
        if not self.categories:
            return rx.toast.info("Every category is in this budget already.")
        self._begin("add", "Add a category", view)
        self.amount = ""
        return None

    @form_event
    async def submit_add(self, fields: Fields) -> Any:
        """Add the category."""
        category = id_of(fields.get("category"), "category")
        budget = parse_id(self._budget)
        return await self._save(
            lambda w: add_lines(w, budget, [LineDraft(category)]), lambda _: rx.toast.success("Added")
        )

    @event
    async def open_steps(self) -> None:
        """Show what changed in this budget, the latest first."""
        view, _ = await self._period()
        self.steps = await self._read_steps(view.budget.id)
        self._begin("steps", "History of changes", view)

    @event
    async def undo_step(self, move_id: str) -> Any:
        """Take a step of the history back."""
        identity, budget = id_of(move_id, "move"), parse_id(self._budget)
        await in_work(self, lambda w: undo_move(w, identity))
        self.steps = await self._read_steps(budget)
        return [BudgetsState.load, rx.toast.success("Undone")]

    async def _read_steps(self, budget: UUID) -> list[Step]:
        def read(w: Work) -> list[Step]:
            found = get_budget(w, budget)
            names = line_names(w, budget)
            return steps_of(found, list_moves(w, budget), names, formatter_of(w))

        return await in_work(self, read, read_only=True)

    async def _period(self) -> tuple[PeriodView, Formatter]:
        page = await self.get_state(BudgetsState)
        budget, on = parse_id(page.budget_id, "budget"), date_of(page._start, "on")

        def read(w: Work) -> tuple[PeriodView, Formatter]:
            return budget_period(w, budget, on), formatter_of(w)

        return await in_work(self, read, read_only=True)

    def _begin(self, dialog: str, title: str, view: PeriodView) -> None:
        self._begin_form()
        self.currency = view.budget.currency
        self._budget, self._start = str(view.budget.id), view.start.isoformat()
        self.dialog, self.title = dialog, title

    async def _save(self, change: Callable[[Work], T], done: Callable[[T], Any]) -> Any:
        saved = await in_work(self, change)
        self.dialog = ""
        return [BudgetsState.load, done(saved)]

    def _show_template(self, template: Template | None, say: Formatter, unit: str) -> None:
        self.template = "" if template is None else template.kind.value
        filled = template or Template(TemplateKind.FIXED)
        self.template_amount = say.number(filled.amount, unit) if filled.amount else ""
        self.template_count = str(filled.periods or 3)
        whole, part = divmod(filled.basis_points or 1_000, 100)
        self.template_percent = f"{whole}.{part:02}" if part else str(whole)
        self.template_by = "" if filled.by is None else filled.by.isoformat()


def _template(fields: Any, kind: str, unit: str, locale: str) -> Template | None:
    """Return the template that the form describes; raise ValidationFailed naming the field."""
    if not kind:
        return None
    amount = count = points = 0
    by = None
    if kind in ("fixed", "by_date"):
        amount = parse_amount(text_of(fields.get("amount"), "amount", most=200), unit, locale)
    if kind == "average":
        typed = text_of(fields.get("periods"), "periods", most=4).strip()
        if not typed.isdecimal():
            raise ValidationFailed("periods", "Give a whole number.")
        count = int(typed)
    if kind == "income":
        # A percentage has two digits, as an amount of a hundredth of a currency unit has.
        points = parse_amount(text_of(fields.get("percent"), "percent", most=20), "EUR", locale, "percent")
    if kind == "by_date":
        by = date_of(fields.get("by"), "by")
    return Template(TemplateKind(kind), amount, count, points, by)
