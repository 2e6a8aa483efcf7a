"""The categories page: the income and expense trees with what each came to, and the category form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import reflex as rx

from recaller.core.errors import Conflict
from recaller.core.ids import parse_id
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import Work
from recaller.services.categories import (
    CategoryView,
    create_category,
    delete_category,
    edit_category,
    get_category,
    hide_category,
    list_categories,
)
from recaller.services.reports import CategoryMonthTable, category_month_table
from recaller.state.base import event, id_of, in_work, optional_id, text_of
from recaller.state.formatting import Formatter, tone_of
from recaller.state.forms import Fields, FormState, form_event
from recaller.state.pickers import Choice, formatter_of, put
from recaller.state.transactions import filter_address

MONTHS = 12
ICON = "tag"


@dataclass(frozen=True)
class CategoryItem:
    """A category as the page shows it, children directly after their parent; a parent's sums hold its children."""

    id: str
    name: str
    child: bool
    system: bool
    hidden: bool
    month: str
    month_tone: str
    year: str
    year_tone: str
    share: str
    month_href: str
    year_href: str


class CategoriesState(FormState, rx.State):
    """Both trees and the dialog for one category."""

    loading: bool = True
    income: list[CategoryItem] = []
    expense: list[CategoryItem] = []
    income_month: str = ""
    income_year: str = ""
    expense_month: str = ""
    expense_year: str = ""
    month_label: str = ""
    hidden_count: int = 0
    show_hidden: bool = False
    shown: bool = False
    is_new: bool = True
    is_hidden: bool = False
    title: str = "New category"
    kind: str = "expense"
    name: str = ""
    parent_id: str = ""
    parents: list[Choice] = []
    _identity: str = ""
    _version: int = 0
    _icon: str = ICON

    @event
    async def load(self) -> Any:
        """Show the categories with this month's and twelve months' sums in the household's currency."""

        def read(w: Work) -> tuple[Any, ...]:
            return list_categories(w, hidden=True), category_month_table(w, months=MONTHS), formatter_of(w)

        found, table, say = await in_work(self, read, read_only=True)
        shown = [one for one in found if self.show_hidden or not one.hidden]
        for kind in ("income", "expense"):
            items, month, year = _tree([one for one in shown if one.kind == kind], found, kind, table, say)
            put(self, **{kind: items, f"{kind}_month": month, f"{kind}_year": year})
        put(self, month_label=say.month(table.months[-1]), loading=False)
        put(self, hidden_count=sum(1 for one in found if one.hidden))

    @event
    async def toggle_hidden(self) -> Any:
        """Show hidden categories too, or leave them out again."""
        self.show_hidden = not self.show_hidden
        return CategoriesState.load

    @event
    async def open_new(self, kind: str = "expense") -> Any:
        """Show an empty form."""
        chosen = kind if kind in ("income", "expense") else "expense"
        found = await in_work(self, list_categories, read_only=True)
        self._start(None, chosen, found)

    @event
    async def open_category(self, category_id: str) -> Any:
        """Show a category's form."""
        identity = id_of(category_id, "category")

        def read(w: Work) -> tuple[CategoryView, Sequence[CategoryView]]:
            return get_category(w, identity), list_categories(w, hidden=True)

        view, found = await in_work(self, read, read_only=True)
        if view.system:
            return rx.toast.info(f"{view.name} belongs to the ledger and can't be changed.")
        self._start(view, view.kind, found)
        return None

    @event
    async def choose_kind(self, kind: str) -> Any:
        """Offer the parents of the chosen side."""
        if kind in ("income", "expense") and self.is_new and kind != self.kind:
            self.kind, self.parent_id = kind, ""
            found = await in_work(self, list_categories, read_only=True)
            self.parents = _parents(found, kind, "")

    @event
    async def dismiss(self) -> Any:
        """Leave the form without saving."""
        self.shown = False

    @form_event
    async def submit(self, fields: Fields) -> Any:
        """Create, rename or move the category."""
        name = text_of(fields.get("name"), "name", most=200)
        parent = optional_id(fields.get("parent"), "parent")
        identity, version, kind, icon = self._identity, self._version, self.kind, self._icon

        def save(w: Work) -> CategoryView:
            if identity:
                return edit_category(
                    w, parse_id(identity), name=name, parent_id=parent, icon=icon, version=version
                )
            return create_category(w, name, kind, parent_id=parent)

        saved = await in_work(self, save)
        self.shown = False
        return [CategoriesState.load, rx.toast.success(f"{saved.name} {'saved' if identity else 'added'}")]

    @event
    async def hide_or_show(self) -> Any:
        """Take the category out of the pickers, or bring it back."""
        identity, hidden = parse_id(self._identity), self.is_hidden
        return await self._do(
            lambda w: hide_category(w, identity, hidden=not hidden), "shown again" if hidden else "hidden"
        )

    @event
    async def delete(self) -> Any:
        """Delete a category that nothing uses."""
        identity = parse_id(self._identity)

        def change(w: Work) -> CategoryView:
            view = get_category(w, identity)
            delete_category(w, identity)
            return view

        return await self._do(change, "deleted")

    async def _do(self, change: Any, word: str) -> Any:
        try:
            view = await in_work(self, change)
        except Conflict as error:
            self.form_error = error.message
            return None
        self.shown = False
        return [CategoriesState.load, rx.toast.success(f"{view.name} {word}")]

    def _start(self, view: CategoryView | None, kind: str, found: Sequence[CategoryView]) -> None:
        self._begin_form()
        self.kind, self.is_new = kind, view is None
        self.title = "New category" if view is None else view.name
        self.name = "" if view is None else view.name
        self.parent_id = "" if view is None or view.parent_id is None else str(view.parent_id)
        self.is_hidden = view is not None and view.hidden
        self._identity, self._version = ("", 0) if view is None else (str(view.id), view.version)
        self._icon = ICON if view is None else view.icon
        self.parents = _parents(found, kind, self._identity)
        self.shown = True


def _parents(found: Sequence[CategoryView], kind: str, without: str) -> list[Choice]:
    return [
        Choice(str(one.id), one.name)
        for one in found
        if one.kind == kind and one.parent_id is None and not one.system and str(one.id) != without
    ]


def _tree(
    shown: Sequence[CategoryView],
    every: Sequence[CategoryView],
    kind: str,
    table: CategoryMonthTable,
    say: Formatter,
) -> tuple[list[CategoryItem], str, str]:
    """Return one side's rows and its totals of the month and of all months; hidden ones count in the totals."""
    parents = {one.id: one.parent_id for one in every}
    month: dict[UUID, int] = defaultdict(int)
    year: dict[UUID, int] = defaultdict(int)
    whole_month = whole_year = 0
    for row in table.rows:
        if row.kind != kind:
            continue
        whole_month += row.by_month[-1]
        whole_year += sum(row.by_month)
        for owner in filter(None, {row.category_id, parents.get(row.category_id)}):
            month[owner] += row.by_month[-1]
            year[owner] += sum(row.by_month)
    widest = max((abs(year[one.id]) for one in shown if one.parent_id is None), default=0)
    items = [_item(one, month, year, widest, table, say) for one in shown]
    return items, say.money(whole_month, table.currency), say.money(whole_year, table.currency)


def _item(
    one: CategoryView,
    month: Mapping[UUID, int],
    year: Mapping[UUID, int],
    widest: int,
    table: CategoryMonthTable,
    say: Formatter,
) -> CategoryItem:
    this_month, this_year = month.get(one.id, 0), year.get(one.id, 0)
    first, last = table.months[0], table.months[-1]
    end = (last + timedelta(31)).replace(day=1) - timedelta(1)
    wanted = TransactionFilter(category_ids=(one.id,), currency=table.currency, date_from=last, date_to=end)
    whole = TransactionFilter(category_ids=(one.id,), currency=table.currency, date_from=first, date_to=end)
    return CategoryItem(
        id=str(one.id),
        name=one.name,
        child=one.parent_id is not None,
        system=one.system,
        hidden=one.hidden,
        month=say.money(this_month, table.currency) if this_month else "–",
        month_tone=tone_of(this_month) if this_month else "muted",
        year=say.money(this_year, table.currency) if this_year else "–",
        year_tone=tone_of(this_year) if this_year else "muted",
        share=f"{round(100 * abs(this_year) / widest) if widest else 0}%",
        month_href=filter_address(wanted),
        year_href=filter_address(whole),
    )
