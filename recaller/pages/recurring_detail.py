"""One recurring transaction: its terms, its dates, its price over time, and what can be done with it."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.pages.frame import framed
from recaller.pages.occurrence import date_row, occurrence_dialog
from recaller.pages.recurring_editor import recurring_editor
from recaller.state.occurrence import OccurrenceState
from recaller.state.recurring_detail import RecurringDetailState
from recaller.state.recurring_editor import RecurringEditorState

State: Any = RecurringDetailState
Editor: Any = RecurringEditorState
Occurrence: Any = OccurrenceState


def recurring_detail_page() -> rx.Component:
    """Draw the page of the item that the address names."""
    return framed(
        rx.cond(State.failure != "", _failure(), _content()),
        occurrence_dialog(),
        recurring_editor(),
        active="recurring",
        title=rx.cond(State.name != "", State.name, "Recurring"),
        crumbs=(("Recurring", "/recurring?tab=list"),),
        actions=[rx.cond((State.failure == "") & ~State.loading, _actions())],
    )


def _failure() -> rx.Component:
    return ui.card(
        ui.error_state(
            "This isn't here",
            State.failure,
            ui.button("All recurring transactions", href="/recurring?tab=list"),
        )
    )


def _actions() -> rx.Component:
    return ui.row(
        rx.cond(
            State.next_key != "",
            ui.button(
                "Next date", icon_name="calendar-check", on_click=Occurrence.open_occurrence(State.next_key)
            ),
        ),
        rx.cond(
            ~State.ended,
            rx.fragment(
                rx.cond(
                    State.paused,
                    ui.button("Resume", icon_name="play", on_click=State.resume),
                    ui.button("Pause", icon_name="pause", on_click=State.pause),
                ),
                ui.button(
                    "Edit",
                    icon_name="pencil",
                    variant="primary",
                    on_click=Editor.open_recurring(State.item_id),
                ),
            ),
        ),
        ui.menu(
            rx.cond(
                ~State.ended,
                ui.menu_item(
                    "Change from here on …",
                    "git-branch",
                    on_click=Editor.open_from_here(State.item_id, ""),
                ),
            ),
            ui.menu_item("Delete", "trash-2", danger=True, on_click=State.delete),
            identity="recurring-actions",
            label="More actions",
        ),
    )


def _content() -> rx.Component:
    return ui.stack(
        rx.cond(
            State.paused,
            ui.callout(
                "Nothing is posted and nobody is reminded until it is resumed.",
                title="Paused",
                action=ui.button("Resume", small=True, on_click=State.resume),
            ),
        ),
        ui.stat_grid(
            ui.stat(
                "Amount",
                ui.money(State.amount, State.tone),
                change=State.amount_note,
                lead=True,
                loading=State.loading,
            ),
            ui.stat(
                "Next",
                rx.cond(State.next != "", State.next, rx.cond(State.paused, "Paused", "None")),
                change=State.monthly,
                loading=State.loading,
            ),
        ),
        ui.split(
            rx.fragment(_prices(), _history()),
            rx.fragment(_terms(), _ahead()),
        ),
    )


def _prices() -> rx.Component:
    return rx.cond(
        State.price_words != "",
        ui.card(
            ui.chart(
                State.prices,
                title="Price history",
                description=State.price_words,
                height="13rem",
                table=ui.chart_table(["Date", "Amount", "Change"], State.price_rows),
            ),
            title="Price history",
            subtitle=ui.private(State.price_words),
        ),
    )


def _history() -> rx.Component:
    return ui.card(
        ui.loaded(
            State.loading,
            ui.skeleton_rows(6),
            rx.cond(
                State.history.length() > 0,
                ui.item_list(rx.foreach(State.history, date_row), label="Dates so far"),
                ui.empty_state(
                    "history", "No date yet", "What falls due stands here, with what became of it."
                ),
            ),
        ),
        title="Dates so far",
        flush=True,
    )


def _ahead() -> rx.Component:
    return rx.cond(
        State.ahead.length() > 0,
        ui.card(
            ui.item_list(rx.foreach(State.ahead, date_row), label="Next dates"),
            title="Next dates",
            flush=True,
        ),
    )


def _terms() -> rx.Component:
    return ui.card(
        ui.loaded(
            State.loading,
            ui.stack(*[ui.skeleton("1rem") for _ in range(5)]),
            ui.facts(
                ("State", ui.due_badge(State.standing, State.standing_label)),
                ("When", State.summary),
                ("Account", State.account),
                ("Category", State.category),
                ("When due", State.mode),
                ("Reminders", State.reminders),
                (
                    "Tags",
                    rx.cond(
                        State.tags.length() > 0,
                        ui.row(rx.foreach(State.tags, lambda tag: ui.badge("#" + tag, "info")), gap="s2"),
                        "None",
                    ),
                ),
                ("Note", rx.cond(State.note != "", State.note, "None")),
            ),
        ),
        title="Terms",
    )
