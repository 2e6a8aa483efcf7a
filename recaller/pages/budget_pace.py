"""The dashboard's card of budgets."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item, ListVar
from recaller.state.budget_pace import BudgetPaceState

State: Item = BudgetPaceState
_ITEMS: ListVar = State.items


def budget_pace() -> rx.Component:
    """Draw how the first budget goes, nothing without a budget."""
    return rx.cond(
        State.there,
        ui.card(
            rx.cond(
                _ITEMS.length() > 0,
                ui.pace_list(rx.foreach(_ITEMS, _item), label="Budget pace"),
                ui.empty_state("wallet", "Nothing planned yet", "Give the budget's categories an amount."),
            ),
            title="Budget pace",
            subtitle=ui.private(State.summary),
            actions=ui.link("Budget", href=State.href),
        ),
        rx.fragment(),
    )


def _item(item: Item) -> rx.Component:
    return ui.pace_item(
        item.name,
        rx.fragment(ui.money(item.spent), " ", rx.el.span(item.of, class_name="rc-muted rc-small private")),
        ui.pace_bar(item.fill, item.marker, item.state, item.words),
        ui.pace_badge(item.state, item.pace),
    )
