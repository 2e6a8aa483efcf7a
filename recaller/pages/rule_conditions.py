"""The "if" of the rule editor: rows of conditions, groups indented, each with the inputs that its comparison has."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item
from recaller.state.rule_editor import RuleEditorState

State: Any = RuleEditorState

FIELDS = (
    ("payee", "Payee"),
    ("bank_text", "Text from the bank"),
    ("note", "Note"),
    ("amount", "Amount"),
    ("size", "Amount without sign"),
    ("direction", "Direction"),
    ("account", "Account"),
    ("category", "Category"),
    ("tag", "Tag"),
    ("date", "Date"),
    ("day", "Day of the month"),
    ("weekday", "Weekday"),
    ("month", "Month"),
)
TEXT_OPS = (
    ("contains", "contains"),
    ("!contains", "doesn't contain"),
    ("equals", "is"),
    ("!equals", "isn't"),
    ("one_of", "is one of"),
    ("!one_of", "is none of"),
    ("starts_with", "starts with"),
    ("!starts_with", "doesn't start with"),
    ("ends_with", "ends with"),
    ("!ends_with", "doesn't end with"),
    ("matches", "matches (regex)"),
    ("!matches", "doesn't match (regex)"),
    ("empty", "is empty"),
    ("!empty", "isn't empty"),
)
AMOUNT_OPS = (
    ("below", "is below"),
    ("!below", "isn't below"),
    ("above", "is above"),
    ("!above", "isn't above"),
    ("between", "is between"),
    ("!between", "isn't between"),
    ("equals", "is"),
    ("!equals", "isn't"),
)
NUMBER_OPS = (
    ("equals", "is"),
    ("!equals", "isn't"),
    ("between", "is between"),
    ("!between", "isn't between"),
    ("one_of", "is one of"),
    ("!one_of", "is none of"),
)
LIST_OPS = (("one_of", "is one of"), ("!one_of", "is none of"))
NONE_OPS = (*LIST_OPS, ("empty", "is not set"), ("!empty", "is set"))
ONE_OPS = (("equals", "is"), ("!equals", "isn't"))
DATE_OPS = (("between", "is within"), ("!between", "isn't within"))
DIRECTIONS = (("out", "Money out"), ("in", "Money in"))
GROUPS = (("all", "All of these hold"), ("any", "Any of these holds"), ("none", "None of these holds"))
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def conditions_part() -> rx.Component:
    """Draw all conditions, and the buttons that add some at the end."""
    return ui.stack(
        ui.section_heading("If"),
        ui.segmented(
            [("all", "All hold"), ("any", "Any holds"), ("none", "None holds")],
            State.match,
            State.choose_match,
            label="How conditions join",
        ),
        rx.cond(
            State.conditions.length() > 0,
            ui.rule_rows(rx.foreach(State.conditions, _line), label="Conditions"),
            rx.el.p("No condition: the rule holds for every transaction.", class_name="rc-muted"),
        ),
        ui.row(
            ui.button(
                "Add condition",
                small=True,
                icon_name="plus",
                on_click=State.add("condition", ""),
                shortcut="c",
            ),
            ui.button(
                "Add group", small=True, icon_name="plus", on_click=State.add("group", ""), shortcut="g"
            ),
        ),
        gap="s3",
    )


def _line(line: Item) -> rx.Component:
    return rx.cond(line.kind == "group", _group(line), _condition(line))


def _group(line: Item) -> rx.Component:
    return ui.rule_row(
        ui.select(
            GROUPS,
            value=line.match,
            on_change=State.write(line.key, "match"),
            aria_label="How group " + line.place + " joins",
        ),
        ui.button(
            "Add condition", small=True, variant="quiet", icon_name="plus",
            on_click=State.add("condition", line.key), aria_label="Add condition to group " + line.place,
        ),
        rx.cond(
            line.deep,
            rx.fragment(),
            ui.button(
                "Add group", small=True, variant="quiet", icon_name="plus",
                on_click=State.add("group", line.key), aria_label="Add group to group " + line.place,
            ),
        ),
        label="Group " + line.place,
        line=line.key,
        depth=line.depth,
        on_remove=State.remove(line.key),
        head=True,
    )  # fmt: skip


def _condition(line: Item) -> rx.Component:
    return ui.rule_row(
        ui.select(
            FIELDS,
            value=line.field,
            on_change=State.write(line.key, "field"),
            aria_label="Condition " + line.place + " looks at",
        ),
        _op(line),
        ui.rule_value(_value(line), key=line.shape),
        label="Condition " + line.place,
        line=line.key,
        depth=line.depth,
        error=line.error,
        on_remove=State.remove(line.key),
    )


def _op(line: Item) -> rx.Component:
    def choose(options: Any) -> rx.Component:
        return ui.select(
            options,
            value=line.op,
            on_change=State.write(line.key, "op"),
            aria_label="Condition " + line.place + " compares",
        )

    return rx.match(
        line.field,
        ("amount", choose(AMOUNT_OPS)),
        ("size", choose(AMOUNT_OPS)),
        ("direction", choose(ONE_OPS)),
        ("account", choose(LIST_OPS)),
        ("category", choose(NONE_OPS)),
        ("tag", choose(NONE_OPS)),
        ("date", choose(DATE_OPS)),
        ("day", choose(NUMBER_OPS)),
        ("weekday", choose(LIST_OPS)),
        ("month", choose(LIST_OPS)),
        choose(TEXT_OPS),
    )


def _value(line: Item) -> rx.Component:
    return rx.match(
        line.shape,
        ("none", rx.fragment()),
        ("pattern", _text(line, "pattern", placeholder="^rewe|edeka$", spell_check=False)),
        ("lines", _text(line, "values, one in each line", multiline=True, placeholder="One in each line")),
        ("money", rx.fragment(_amount(line, "amount"), _currency(line))),
        (
            "money_range",
            rx.fragment(
                _amount(line, "lowest amount"),
                "and",
                _amount(line, "highest amount", part="last"),
                _currency(line),
            ),
        ),
        ("number", _text(line, "day", input_mode="numeric", placeholder="1 to 31")),
        ("numbers", _text(line, "days", placeholder="1, 15, 31")),
        (
            "number_range",
            rx.fragment(
                _text(line, "first day", input_mode="numeric", placeholder="1"),
                "and",
                _text(line, "last day", part="last", input_mode="numeric", placeholder="31"),
            ),
        ),
        ("dates", rx.fragment(_date(line, "first date", "value"), "to", _date(line, "last date", "last"))),
        ("way", _way(line)),
        ("accounts", _picked(line, State.accounts, "Add account")),
        ("categories", _picked(line, State.categories, "Add category")),
        ("weekdays", _chips(line, WEEKDAYS)),
        ("months", _chips(line, MONTHS)),
        _text(line, "text"),
    )


def _text(line: Item, what: str, part: str = "value", **props: Any) -> rx.Component:
    return ui.live_input(
        "Condition " + line.place + ": " + what,
        value=line.last if part == "last" else line.value,
        on_change=State.write(line.key, part),
        **ui.describes(line.key, line.error),
        **props,
    )


def _amount(line: Item, what: str, part: str = "value") -> rx.Component:
    """Draw an amount, with its currency before it where no other could be chosen behind it."""
    return rx.cond(
        State.currencies.length() > 1,
        _text(line, what, part=part, placeholder="0.00"),
        _text(line, what, part=part, placeholder="0.00", mark=line.currency),
    )


def _date(line: Item, what: str, part: str) -> rx.Component:
    return _text(line, what, part, type="date")


def _currency(line: Item) -> rx.Component:
    return rx.cond(
        State.currencies.length() > 1,
        rx.el.div(
            ui.select(
                State.currencies,
                value=line.currency,
                on_change=State.write(line.key, "currency"),
                aria_label="Condition " + line.place + ": currency",
            ),
            class_name="rc-rule__unit",
        ),
    )


def _way(line: Item) -> rx.Component:
    return ui.select(
        DIRECTIONS,
        value=line.value,
        on_change=State.write(line.key, "value"),
        aria_label="Condition " + line.place + ": direction",
    )


def _picked(line: Item, choices: Any, add: str) -> rx.Component:
    return rx.fragment(
        rx.foreach(
            line.chosen,
            lambda one: ui.filter_chip(
                rx.cond(State.names.contains(one), State.names[one], "(gone)"),
                on_remove=State.toggle(line.key, one),
                verb="Remove ",
            ),
        ),
        ui.select(
            choices,
            placeholder=add + " …",
            value="",
            on_change=State.toggle(line.key),
            aria_label="Condition " + line.place + ": " + add.lower(),
            **ui.describes(line.key, line.error),
        ),
    )


def _chips(line: Item, names: tuple[str, ...]) -> rx.Component:
    return ui.chips(
        *(
            ui.chip(
                name,
                on_click=State.toggle(line.key, str(number)),
                pressed=line.chosen.contains(str(number)),
            )
            for number, name in enumerate(names, 1)
        ),
        label="Condition " + line.place,
    )
