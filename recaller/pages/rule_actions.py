"""The "then" of the rule editor: rows of actions, a split with its parts."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item
from recaller.state.rule_editor import RuleEditorState

State: Any = RuleEditorState

ACTIONS = (
    ("set_category", "Set the category"),
    ("set_payee", "Set the payee"),
    ("add_tags", "Add tags"),
    ("remove_tags", "Remove tags"),
    ("set_note", "Set the note"),
    ("append_note", "Add to the note"),
    ("split", "Split it"),
    ("make_transfer", "Make it a transfer"),
    ("link_recurring", "Link to recurring"),
)
WAYS = (("percent", "by percentages"), ("amount", "by amounts"))


def actions_part() -> rx.Component:
    """Draw all actions, and the button that adds one."""
    return ui.stack(
        ui.section_heading("Then"),
        ui.rule_rows(rx.foreach(State.actions, _action), label="Actions"),
        ui.row(
            ui.button(
                "Add action", small=True, icon_name="plus", on_click=State.add("action", ""), shortcut="a"
            )
        ),
        gap="s3",
    )


def _action(line: Item) -> rx.Component:
    return ui.rule_row(
        ui.select(
            ACTIONS,
            value=line.do,
            on_change=State.write(line.key, "do"),
            aria_label="Action " + line.number.to_string(),
        ),
        ui.rule_value(_value(line), key=line.shape),
        below=rx.cond(line.shape == "split", _split(line), rx.fragment()),
        label="Action " + line.number.to_string(),
        line=line.key,
        error=line.error,
        on_remove=State.remove(line.key),
    )


def _value(line: Item) -> rx.Component:
    return rx.match(
        line.shape,
        ("set_category", _choice(line, State.open_categories, "category")),
        ("make_transfer", _choice(line, State.open_accounts, "other account")),
        (
            "link_recurring",
            rx.cond(
                State.recurring.length() > 0,
                _choice(line, State.recurring, "recurring item"),
                rx.el.span("There is no recurring item yet.", class_name="rc-muted"),
            ),
        ),
        ("tags", _text(line, "tags, separated by commas", placeholder="Tags, separated by commas")),
        ("tag_lines", _text(line, "tags, one in each line", multiline=True)),
        ("set_note", _text(line, "note", multiline=True, placeholder="Empty clears the note")),
        ("append_note", _text(line, "line for the note", placeholder="A line that is added")),
        ("split", _way(line)),
        _text(line, "payee", placeholder="Name of the payee"),
    )


def _label(line: Item, what: str) -> Any:
    return "Action " + line.number.to_string() + ": " + what


def _choice(line: Item, choices: Any, what: str) -> rx.Component:
    return ui.select(
        choices,
        placeholder=f"Choose the {what}",
        value=line.value,
        on_change=State.write(line.key, "value"),
        aria_label=_label(line, what),
        **ui.describes(line.key, line.error),
    )


def _text(line: Item, what: str, **props: Any) -> rx.Component:
    return ui.live_input(
        _label(line, what),
        value=line.value,
        on_change=State.write(line.key, "value"),
        **ui.describes(line.key, line.error),
        **props,
    )


def _way(line: Item) -> rx.Component:
    return rx.fragment(
        ui.select(WAYS, value=line.by, on_change=State.write(line.key, "by"), aria_label=_label(line, "how")),
        rx.cond(
            (line.by == "amount") & (State.currencies.length() > 1),
            rx.el.div(
                ui.select(
                    State.currencies,
                    value=line.currency,
                    on_change=State.write(line.key, "currency"),
                    aria_label=_label(line, "currency"),
                ),
                class_name="rc-rule__unit",
            ),
        ),
    )


def _split(line: Item) -> rx.Component:
    return rx.el.div(
        rx.foreach(line.parts, lambda part: _part(line, part)),
        ui.row(
            ui.button("Add part", small=True, icon_name="plus", on_click=State.add("part", line.key)),
        ),
        rx.el.div(
            ui.select(
                State.open_categories,
                placeholder="No rest: the parts are all of it",
                value=line.rest,
                on_change=State.write(line.key, "rest"),
                aria_label=_label(line, "category of the rest"),
            ),
            rx.el.span("gets the rest", class_name="rc-muted"),
            class_name="rc-rule__value",
        ),
        class_name="rc-rule__parts",
    )


def _part(line: Item, part: Item) -> rx.Component:
    label = "Part " + part.number.to_string()
    return rx.el.div(
        ui.select(
            State.open_categories,
            placeholder="Choose the category",
            value=part.category,
            on_change=State.write(part.key, "category"),
            aria_label=label + ": category",
        ),
        ui.live_input(
            label + ": share",
            value=part.size,
            on_change=State.write(part.key, "size"),
            mark=rx.cond(line.by == "amount", line.currency, "%"),
            input_mode="text",
        ),
        ui.live_input(
            label + ": memo",
            value=part.memo,
            on_change=State.write(part.key, "memo"),
            placeholder="Memo (optional)",
        ),
        ui.icon_button("x", "Remove " + label, small=True, on_click=State.remove(part.key)),
        data_line=part.key,
        key=part.key,
        class_name="rc-rule__part",
    )
