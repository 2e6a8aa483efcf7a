"""The budgets page: a period at a time, what was planned, spent and is left, and everything one does about it."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item, ListVar
from recaller.pages.budget_dialogs import budget_dialogs
from recaller.pages.budget_setup import new_budget_dialog, settings_dialog
from recaller.pages.frame import framed
from recaller.state.budget_dialogs import BudgetDialogState
from recaller.state.budget_setup import BudgetSetupState
from recaller.state.budgets import BudgetsState

State: Item = BudgetsState
_BUDGETS: ListVar = State.budgets
_GROUPS: ListVar = State.groups
_SHORTCUTS = (
    (("[",), "Earlier period"),
    (("]",), "Later period"),
    (("m",), "Move money"),
    (("Enter",), "Save and go to the next amount"),
    (("Esc",), "Take back what was typed"),
)


def budgets_page() -> rx.Component:
    """Draw the chosen budget, or how to begin."""
    return framed(
        ui.loaded(
            State.loading,
            ui.stack(ui.skeleton_card("3rem"), ui.skeleton_card("20rem")),
            rx.cond(State.failure != "", _failure(), rx.cond(State.is_new, _empty(), _budget())),
        ),
        budget_dialogs(),
        new_budget_dialog(),
        settings_dialog(),
        active="budgets",
        title="Budgets",
        actions=[rx.cond(State.is_new | (State.failure != ""), rx.fragment(), _actions())],
        shortcuts=_SHORTCUTS,
    )


def _actions() -> rx.Component:
    return ui.row(
        rx.cond(
            _BUDGETS.length() > 1,
            ui.select(
                _BUDGETS,
                value=State.budget_id,
                on_change=State.choose_budget,
                aria_label="Budget",
                style={"width": "auto"},
            ),
        ),
        ui.menu(
            ui.menu_label("Fill this period"),
            ui.menu_item("Copy the period before", "copy", on_click=State.fill("copy")),
            ui.menu_item("Average of the last 3", "chart-column", on_click=State.fill("average3")),
            ui.menu_item("Average of the last 12", "chart-column", on_click=State.fill("average12")),
            ui.menu_item("Apply templates", "wand-sparkles", on_click=State.fill("templates")),
            ui.menu_item(
                "Apply templates where empty", "wand-sparkles", on_click=State.fill("templates_empty")
            ),
            ui.menu_line(),
            ui.menu_item("History of changes", "history", on_click=BudgetDialogState.open_steps),
            ui.menu_item("Add a category", "plus", on_click=BudgetDialogState.open_add),
            ui.menu_item("New budget", "layers", on_click=BudgetSetupState.open_new("limit")),
            ui.menu_item("Settings of this budget", "settings", on_click=BudgetSetupState.open_settings),
            identity="budget-menu",
            label="Budget actions",
            text="Actions",
            variant="secondary",
        ),
        rx.cond(
            State.kind == "envelope",
            ui.button(
                "Move money",
                icon_name="arrow-left-right",
                variant="primary",
                on_click=BudgetDialogState.open_move(""),
                shortcut="m",
            ),
        ),
    )


def _failure() -> rx.Component:
    return ui.card(
        ui.error_state(
            "This budget can't be shown",
            State.failure,
            ui.button("Try again", icon_name="rotate-cw", on_click=State.load),
            ui.button("Show today", href="/budgets"),
        )
    )


def _empty() -> rx.Component:
    return ui.card(
        ui.empty_state(
            "wallet",
            "Give your money a plan",
            "Set a limit for what you spend, or put every bit of money into an envelope. We start from what your "
            "last months came to; you change what you like.",
            ui.button(
                "Set limits",
                icon_name="gauge",
                variant="primary",
                on_click=BudgetSetupState.open_new("limit"),
                shortcut="n",
            ),
            ui.button(
                "Fill envelopes", icon_name="mail-open", on_click=BudgetSetupState.open_new("envelope")
            ),
        )
    )


def _budget() -> rx.Component:
    return ui.stack(
        ui.row(
            ui.period_strip(State.strip, label="Periods", previous=State.previous, following=State.following),
            ui.row(
                rx.cond(State.private, ui.badge("Private", "neutral", "lock"), rx.fragment()),
                rx.el.span(State.days, class_name="rc-muted rc-small"),
                gap="s2",
            ),
            between=True,
        ),
        rx.cond(
            State.kind == "envelope",
            ui.fund_banner(
                State.banner.amount,
                State.banner.words,
                State.banner.tone,
                ui.button(
                    "Assign from last period",
                    small=True,
                    on_click=State.fill("copy"),
                ),
            ),
        ),
        ui.stat_grid(
            ui.stat(rx.cond(State.kind == "envelope", "Assigned", "Planned"), State.budgeted),
            ui.stat("Spent", State.spent),
            ui.stat(
                rx.cond(State.kind == "envelope", "In envelopes", "Left"),
                ui.money(State.available, State.available_tone),
            ),
            ui.stat("Pace", ui.pace_badge(State.pace_state, State.pace)),
        ),
        ui.card(
            rx.cond(
                _GROUPS.length() > 0,
                ui.plan_table(
                    rx.foreach(_GROUPS, _group),
                    label="Budget of " + State.title,
                    columns=("Category", "Budgeted", "Spent", "Available"),
                ),
                ui.empty_state(
                    "tags",
                    "No categories yet",
                    "Add the categories that you want to plan for.",
                    ui.button("Add a category", icon_name="plus", on_click=BudgetDialogState.open_add),
                ),
            ),
            flush=True,
        ),
        rx.cond(
            State.unbudgeted != "",
            ui.callout(
                rx.fragment(ui.private(State.unbudgeted), " was spent in categories without a line here."),
                action=ui.link("Show them", href=State.unbudgeted_href),
            ),
        ),
        gap="s4",
    )


def _group(group: Item) -> rx.Component:
    return ui.plan_group(
        group.name,
        ui.money(group.budgeted, "muted"),
        ui.money(group.spent, "muted"),
        ui.money(group.available, "muted"),
        group.rows,
        _row,
    )


def _row(item: Item) -> rx.Component:
    return ui.plan_row(
        rx.fragment(
            rx.el.span(item.name, class_name="rc-truncate"),
            rx.cond(item.hidden, ui.badge("Hidden"), rx.fragment()),
        ),
        ui.cell_input(
            item.budgeted,
            item.field_label,
            on_blur=lambda text: State.set_amount(item.id, text),
            key=item.key + State.fields_round.to_string(),
        ),
        ui.link(ui.money(item.spent), href=item.spent_href, class_name="rc-td__main"),
        ui.money(item.available, item.tone, strong=True),
        bar=ui.pace_bar(item.fill, item.marker, item.state, item.words),
        note=rx.fragment(
            rx.cond(item.pace != "", ui.pace_badge(item.state, item.pace), rx.fragment()),
            ui.link(ui.private(item.spent, " spent"), href=item.spent_href, class_name="rc-plan__phone"),
            rx.cond(item.projected != "", rx.el.span(item.projected, class_name="private"), rx.fragment()),
            rx.cond(item.carried != "", rx.el.span(item.carried, class_name="private"), rx.fragment()),
            rx.cond(item.bills != "", rx.el.span(item.bills, class_name="private"), rx.fragment()),
        ),
        actions=ui.menu(
            rx.cond(
                item.overspent,
                ui.menu_item(
                    "Cover the overspending", "life-buoy", on_click=BudgetDialogState.open_cover(item.id)
                ),
                rx.fragment(),
            ),
            rx.cond(
                State.kind == "envelope",
                ui.menu_item("Move money", "arrow-left-right", on_click=BudgetDialogState.open_move(item.id)),
                rx.fragment(),
            ),
            ui.menu_item(
                "Rollover and template", "sliders-horizontal", on_click=BudgetDialogState.open_line(item.id)
            ),
            ui.menu_item("Show its transactions", "list", href=item.spent_href),
            identity="line-" + item.id,
            label="Actions of " + item.name,
            small=True,
        ),
        row_id=item.id,
        state=item.state,
    )
