"""The budgets page: one budget in one period, amounts typed in place, copied, averaged, and taken back."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx
from reflex_components_sonner.toast import ToastAction  # type: ignore[import-untyped]

from recaller.core.errors import Conflict, NotFound, RecallerError, Unauthenticated, ValidationFailed
from recaller.core.ids import parse_id
from recaller.domain.amount_input import parse_amount
from recaller.infra.work import Work
from recaller.services.budgets import (
    BudgetView,
    MoveView,
    PeriodView,
    apply_templates,
    assign,
    assign_averages,
    budget_period,
    copy_previous,
    get_line,
    list_budgets,
    restore_budget,
    restore_line,
    undo_move,
)
from recaller.state import budget_view as shown
from recaller.state.base import event, id_of, in_work, text_of
from recaller.state.formatting import Formatter
from recaller.state.pickers import Choice, formatter_of, put

_AVERAGES = {"average3": 3, "average12": 12}


class BudgetsState(rx.State):
    """What is shown, display-ready; the budget and the period stand in the page's address."""

    loading: bool = True
    failure: str = ""
    is_new: bool = False
    budgets: list[Choice] = []
    budget_id: str = ""
    name: str = ""
    kind: str = "limit"
    currency: str = ""
    private: bool = False
    title: str = ""
    days: str = ""
    strip: list[shown.PeriodChip] = []
    previous: str = ""
    following: str = ""
    banner: shown.Banner = shown.Banner("", "", "info")
    groups: list[shown.BudgetGroup] = []
    budgeted: str = ""
    spent: str = ""
    available: str = ""
    available_tone: str = "neutral"
    unbudgeted: str = ""
    unbudgeted_href: str = ""
    pace: str = ""
    pace_state: str = "on_track"
    fields_round: int = 0
    _start: str = ""
    _versions: dict[str, int] = {}
    _texts: dict[str, str] = {}

    @event
    async def load(self) -> None:
        """Show the budget and the period that the address asks for; the first one, today, without."""
        query = dict(self.router.url.query_parameters)
        wanted, on = query.get("budget", ""), _day_of(query.get("on"))

        def read(w: Work) -> tuple[tuple[BudgetView, ...], PeriodView | None, Formatter, date]:
            budgets = list_budgets(w)
            chosen = next((one for one in budgets if str(one.id) == wanted), budgets[0] if budgets else None)
            view = None if chosen is None else budget_period(w, chosen.id, on)
            return budgets, view, formatter_of(w), w.today

        try:
            budgets, view, say, today = await in_work(self, read, read_only=True)
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, loading=False, failure=error.message)
            return
        put(self, loading=False, failure="", is_new=view is None, budgets=shown.budget_choices(budgets))
        if view is not None:
            self._show(view, say, today)

    @event
    async def choose_budget(self, budget_id: str) -> Any:
        """Show another budget."""
        return rx.redirect(shown.budget_href(id_of(budget_id, "budget")))

    @event
    async def set_amount(self, line_id: str, text: str) -> Any:
        """Give a line what was typed (sums, too); nothing typed anew writes nothing."""
        identity, typed = id_of(line_id, "line"), text_of(text, "amount", most=200).strip()
        key = str(identity)
        if typed == self._texts.get(key, "") or (not typed and key not in self._texts):
            return None
        start, version = date.fromisoformat(self._start), self._versions.get(key)
        currency = self.currency

        def change(w: Work) -> MoveView:
            line = get_line(w, identity)
            amount = parse_amount(typed or "0", currency, w.scope.locale)
            return assign(w, line.id, start, amount, version=version)

        return await self._change(change, "Saved")

    @event
    async def fill(self, way: str) -> Any:
        """Fill the period: 'copy' the one before, an average of past ones, or what templates say."""
        budget, start = parse_id(self.budget_id), date.fromisoformat(self._start)

        def change(w: Work) -> MoveView:
            if way == "copy":
                return copy_previous(w, budget, start)
            if way in _AVERAGES:
                return assign_averages(w, budget, start, _AVERAGES[way])
            if way in ("templates", "templates_empty"):
                return apply_templates(w, budget, start, only_empty=way == "templates_empty")
            raise ValidationFailed("way", "This is no way to fill a budget.")

        words = {"copy": "Copied from the period before", "templates": "Templates applied"}
        return await self._change(change, words.get(way, "Filled in"))

    @event
    async def undo(self, move_id: str) -> Any:
        """Take a step back."""
        identity = id_of(move_id, "move")
        await in_work(self, lambda w: undo_move(w, identity))
        return [BudgetsState.load, rx.toast.success("Undone")]

    @event
    async def bring_back(self, kind: str, thing_id: str) -> Any:
        """Restore a line or a budget that was removed."""
        identity = id_of(thing_id, "id")
        if kind == "line":
            await in_work(self, lambda w: restore_line(w, identity))
            return [BudgetsState.load, rx.toast.success("Back again")]
        await in_work(self, lambda w: restore_budget(w, identity))
        return [rx.redirect(shown.budget_href(identity)), rx.toast.success("Back again")]

    async def _change(self, change: Any, words: str) -> Any:
        """Do something that can be undone; what is refused is said, and the fields show again what holds."""
        try:
            move: MoveView = await in_work(self, change)
        except (ValidationFailed, Conflict, NotFound) as error:
            self.fields_round += 1
            return [BudgetsState.load, rx.toast.error(error.message)]
        return [BudgetsState.load, undo_toast(words, move.id)]

    def _show(self, view: PeriodView, say: Formatter, today: date) -> None:
        budget, unit = view.budget, view.budget.currency
        put(
            self,
            budget_id=str(budget.id),
            name=budget.name,
            kind=budget.kind,
            currency=unit,
            private=budget.private,
            title=shown.strip_title(view, say),
            days=shown.days_words(view, today),
            strip=shown.strip_of(view, say),
            previous="" if view.previous is None else shown.budget_href(budget.id, view.previous),
            following="" if view.next is None else shown.budget_href(budget.id, view.next),
            banner=shown.banner_of(view, say),
            groups=shown.groups_of(view, say),
            budgeted=say.money(view.budgeted + (0 if budget.envelopes else view.carried), unit),
            spent=say.money(view.spent, unit),
            available=say.money(view.available, unit),
            available_tone="negative" if view.available < 0 else "neutral",
            unbudgeted=say.money(view.unbudgeted, unit) if view.unbudgeted else "",
            unbudgeted_href=f"/transactions?{view.unbudgeted_filter.query_string()}",
            pace=shown.pace_words(view),
            pace_state=view.pace,
        )
        self._start = view.start.isoformat()
        self._versions = {str(line.line_id): line.assignment_version for line in view.lines}
        self._texts = {
            str(line.line_id): say.number(line.budgeted, unit)
            for line in view.lines
            if line.budgeted is not None
        }


def undo_toast(words: str, move: UUID) -> Any:
    """Say what was done, with a way back."""
    return rx.toast.success(words, action=ToastAction(label="Undo", on_click=BudgetsState.undo(str(move))))


def back_toast(words: str, kind: str, thing: UUID) -> Any:
    """Say what was removed, with a way back."""
    back = BudgetsState.bring_back(kind, str(thing))
    return rx.toast.success(words, action=ToastAction(label="Undo", on_click=back))


def _day_of(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
