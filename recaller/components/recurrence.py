"""The editor of a recurrence: how often, on which days, from when until when, with the next dates in plain words."""

from __future__ import annotations

from typing import Any

import reflex as rx

from recaller.components.base import Item, ListVar, Text, ValueHandler, classes, icon
from recaller.components.field import date_field, select_field, text_field
from recaller.components.form import field_group

UNITS = (("day", "Days"), ("week", "Weeks"), ("month", "Months"), ("year", "Years"))
DAYS_OF_MONTH = (
    ("day", "A day of the month"),
    ("nth", "A weekday, such as the 2nd Tuesday"),
    ("last_day", "The last day"),
    ("first_business", "The first business day"),
    ("last_business", "The last business day"),
)
ORDINALS = (("1", "First"), ("2", "Second"), ("3", "Third"), ("4", "Fourth"), ("-1", "Last"))
ENDS = (("never", "Never"), ("on", "On a date"), ("after", "After a number of times"))
SHIFTS = (
    ("none", "Keep the date"),
    ("after", "Move to the next business day"),
    ("before", "Move to the business day before"),
    ("modified", "Next business day, within the same month"),
)


def weekday_picker(
    days: ListVar, on_toggle: ValueHandler, *, label: str = "On these weekdays"
) -> rx.Component:
    """Choose some weekdays: objects with `value`, `short`, `long` and `on`; `on_toggle` is called with the value."""
    return rx.el.div(
        rx.foreach(
            days,
            lambda day: rx.el.button(
                day.short,
                type="button",
                aria_label=day.long,
                aria_pressed=rx.cond(day.on, "true", "false"),
                on_click=on_toggle(day.value),
                class_name="rc-chip rc-chip--day",
            ),
        ),
        role="group",
        aria_label=label,
        class_name="rc-chips",
    )


def date_preview(summary: Text, dates: ListVar, *, problem: Text = "") -> rx.Component:
    """Say a recurrence in a sentence, with the dates that come of it; `problem` instead while it makes no sense."""
    return rx.el.div(
        icon("calendar-days", 18),
        rx.el.div(
            rx.cond(
                problem != "",
                rx.el.p(problem, class_name="rc-preview__problem"),
                rx.fragment(
                    rx.el.p(summary, class_name="rc-preview__words"),
                    rx.el.ul(
                        rx.foreach(dates, lambda day: rx.el.li(day, class_name="rc-preview__date")),
                        aria_label="The next dates",
                        class_name="rc-preview__dates",
                    ),
                ),
            ),
        ),
        role="status",
        class_name="rc-preview",
    )


def recurrence_editor(
    pattern: Item,
    weekdays: ListVar,
    *,
    on_change: ValueHandler,
    on_weekday: ValueHandler,
    summary: Text,
    dates: ListVar,
    problem: Text = "",
    key: Text = "",
    error: Any = None,
) -> rx.Component:
    """Draw the editor. `pattern` is an object with `every`, `unit`, `by`, `day`, `ordinal`, `weekday`, `start`, `ends`,
    `until`, `count` and `shift`, all texts; `on_change` is called with a field's name and its new text.

    `weekdays` as for `weekday_picker`; `error` is a function from a field's name to its message. `key` changes when the
    fields must start anew.
    """
    wrong = error if error is not None else (lambda _name: "")
    monthly = (pattern.unit == "month") | (pattern.unit == "year")
    return rx.el.div(
        field_group(
            text_field(
                "every",
                "Repeats every",
                auto_complete="off",
                default_value=pattern.every,
                **_typed(on_change("every")),
                error=wrong("every"),
                input_mode="numeric",
            ),
            select_field("unit", "Unit", UNITS, value=pattern.unit, on_change=on_change("unit")),
        ),
        rx.cond(pattern.unit == "week", weekday_picker(weekdays, on_weekday)),
        rx.cond(monthly, _month(pattern, weekdays, on_change, wrong)),
        field_group(
            date_field(
                "start",
                "Starting",
                default_value=pattern.start,
                **_typed(on_change("start")),
                error=wrong("start"),
            ),
            select_field("ends", "Ends", ENDS, value=pattern.ends, on_change=on_change("ends")),
            rx.cond(
                pattern.ends == "on",
                date_field(
                    "until",
                    "Last date",
                    default_value=pattern.until,
                    **_typed(on_change("until")),
                    error=wrong("until"),
                ),
            ),
            rx.cond(
                pattern.ends == "after",
                text_field(
                    "count",
                    "Number of times",
                    auto_complete="off",
                    default_value=pattern.count,
                    **_typed(on_change("count")),
                    error=wrong("count"),
                    input_mode="numeric",
                ),
            ),
        ),
        select_field(
            "shift",
            "If that is a weekend or a holiday",
            SHIFTS,
            value=pattern.shift,
            on_change=on_change("shift"),
        ),
        date_preview(summary, dates, problem=problem),
        key=key,
        role="group",
        aria_label="When it repeats",
        class_name=classes("rc-stack"),
    )


def _typed(tell: Any) -> dict[str, Any]:
    """Tell of typing once it pauses, and at once when the field is left.

    The framework keeps one pause for all events of a name: without the second, a field that is typed into within it
    would take the former one's place.
    """
    return {"on_change": tell.debounce(250), "on_blur": tell}


def _month(pattern: Item, weekdays: ListVar, on_change: ValueHandler, wrong: Any) -> rx.Component:
    return field_group(
        select_field("by", "On", DAYS_OF_MONTH, value=pattern.by, on_change=on_change("by")),
        rx.cond(
            pattern.by == "day",
            text_field(
                "day",
                "Day",
                auto_complete="off",
                default_value=pattern.day,
                key=pattern.start,
                **_typed(on_change("day")),
                error=wrong("day"),
                hint=rx.cond(
                    (pattern.day == "29") | (pattern.day == "30") | (pattern.day == "31"),
                    "In shorter months the last day.",
                    "",
                ),
                input_mode="numeric",
            ),
        ),
        rx.cond(
            pattern.by == "nth",
            rx.fragment(
                select_field(
                    "ordinal", "Which", ORDINALS, value=pattern.ordinal, on_change=on_change("ordinal")
                ),
                rx.el.div(
                    rx.el.label("Weekday", html_for="field-weekday", class_name="rc-field__label"),
                    rx.el.select(
                        rx.foreach(weekdays, lambda day: rx.el.option(day.long, value=day.value)),
                        name="weekday",
                        value=pattern.weekday,
                        on_change=on_change("weekday"),
                        class_name="rc-input",
                        custom_attrs={"id": "field-weekday"},
                    ),
                    class_name="rc-field",
                ),
            ),
        ),
    )
