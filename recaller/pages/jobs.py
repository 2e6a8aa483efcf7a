"""/jobs: what runs by itself, what is under way, what ran, and what needs somebody."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item, ListVar
from recaller.pages.frame import framed
from recaller.state.daily_hours import DailyHoursState
from recaller.state.jobs import JobsState
from recaller.state.session import SessionState

_ERRORS: Item = DailyHoursState.form_errors
_BROKEN: ListVar = JobsState.broken
_OPEN: Item = DailyHoursState.open
WORKS = (
    ui.Column("label", "Work"),
    ui.Column("next", "Next run"),
    ui.Column("last", "Last run", tight=True),
    ui.Column("status", "State", tight=True),
    ui.Column("actions", "Actions", hidden_label=True, tight=True, align="end"),
)
JOBS = (
    ui.Column("name", "Job"),
    ui.Column("when", "Asked for", tight=True),
    ui.Column("took", "Took", tight=True),
    ui.Column("status", "State", tight=True),
    ui.Column("actions", "Actions", hidden_label=True, tight=True, align="end"),
)
RUNS = (
    ui.Column("label", "Work"),
    ui.Column("day", "For", tight=True),
    ui.Column("when", "Ran", tight=True),
    ui.Column("took", "Took", tight=True),
    ui.Column("result", "Result"),
    ui.Column("status", "State", tight=True),
)


def jobs_page() -> rx.Component:
    """Draw the page."""
    return framed(
        rx.cond(
            JobsState.failure != "",
            ui.error_state(
                "The jobs can't be shown",
                JobsState.failure,
                ui.button("Try again", icon_name="rotate-cw", on_click=JobsState.load),
            ),
            ui.stack(
                ui.when(JobsState.active, ui.poll(JobsState.follow, milliseconds=1500)),
                ui.when(_BROKEN.length() > 0, _broken()),
                ui.when(JobsState.is_admin, _works()),
                _jobs(),
                ui.when(JobsState.is_admin, _runs()),
                gap="s6",
            ),
        ),
        _hours(),
        active="jobs",
        title="Jobs",
        subtitle="What Recaller does for your household by itself, and what it has done.",
        actions=[
            ui.when(
                SessionState.is_super_admin,
                ui.button("RQ Dashboard", icon_name="server", href="/ops/rq", target="_blank"),
            ),
            ui.when(
                JobsState.is_admin,
                ui.button("Change hours", icon_name="clock", on_click=DailyHoursState.edit, shortcut="e"),
            ),
        ],
    )


def _broken() -> rx.Component:
    return ui.card(
        ui.item_list(rx.foreach(_BROKEN, _broken_row), label="Needs somebody"),
        title="Needs somebody",
        subtitle="All else was done. Each is tried again with the next run.",
        flush=True,
    )


def _broken_row(item: Any) -> rx.Component:
    return ui.list_row(
        item.message,
        subtitle=item.detail,
        lead=ui.glyph("triangle-alert", "warning"),
        end=ui.when(item.href != "", ui.button("Open", small=True, href=item.href)),
    )


def _works() -> rx.Component:
    return ui.card(
        ui.data_table(
            WORKS,
            JobsState.works,
            _work_row,
            label="Daily work",
            loading=JobsState.loading,
            empty=ui.empty_state(
                "alarm-clock",
                "Nothing is planned yet",
                "The scheduler plans a new household within a minute.",
            ),
        ),
        title="Every day",
        subtitle=rx.fragment(
            "Bills at ", DailyHoursState.recurring, ", reminders at ", DailyHoursState.reminders,
            ", the rest at ", DailyHoursState.night, " (", DailyHoursState.zone, ")",
        ),
        flush=True,
    )  # fmt: skip


def _work_row(item: Any) -> rx.Component:
    return ui.table_row(
        ui.cell(_with_error(item.label, item.error), place="title"),
        ui.cell(
            ui.stack(item.next, rx.el.span(item.next_in, class_name="rc-muted rc-small"), gap="s1"),
            place="line",
        ),
        ui.cell(rx.cond(item.last == "", "–", item.last), place="hide", tight=True),
        ui.cell(ui.state_badge(item.status, item.tone), place="amount", tight=True),
        ui.cell(
            ui.button(
                "Run now",
                small=True,
                busy=item.waiting,
                on_click=JobsState.run_now(item.kind),
                aria_label="Run now: " + item.label,
            ),
            align="end",
            place="side",
            tight=True,
        ),
        row_id=item.kind,
        key=item.kind,
    )


def _jobs() -> rx.Component:
    return ui.card(
        ui.data_table(
            JOBS,
            JobsState.jobs,
            _job_row,
            label="Background jobs",
            loading=JobsState.loading,
            empty=ui.empty_state(
                "circle-check",
                "No jobs",
                "Large imports and other long work show up here, with their progress and their result.",
            ),
        ),
        _older(JobsState.more_jobs, JobsState.show_more_jobs),
        title="Asked for",
        subtitle="Long work that somebody set off.",
        flush=True,
    )


def _job_row(item: Any) -> rx.Component:
    return ui.table_row(
        ui.cell(
            ui.stack(
                _with_error(
                    rx.cond(item.href != "", ui.open_link(item.name, href=item.href), rx.fragment(item.name)),
                    item.error,
                ),
                ui.when(item.percent >= 0, ui.progress_bar(item.detail, item.percent)),
                gap="s1",
            ),
            place="title",
        ),
        ui.cell(item.when, place="line", tight=True),
        ui.cell(rx.cond(item.took == "", "–", item.took), place="hide", tight=True),
        ui.cell(ui.state_badge(item.status, item.tone), place="amount", tight=True),
        ui.cell(
            rx.cond(
                item.may_retry,
                ui.button(
                    "Try again",
                    small=True,
                    on_click=JobsState.retry(item.id),
                    aria_label="Try again: " + item.name,
                ),
                ui.when(
                    item.may_stop,
                    ui.button(
                        "Stop", small=True, on_click=JobsState.stop(item.id), aria_label="Stop: " + item.name
                    ),
                ),
            ),
            align="end",
            place="side",
            tight=True,
        ),
        row_id=item.id,
        key=item.id,
    )


def _runs() -> rx.Component:
    return ui.card(
        ui.data_table(
            RUNS,
            JobsState.runs,
            _run_row,
            label="What ran",
            loading=JobsState.loading,
            empty=ui.empty_state(
                "history", "Nothing has run yet", "The first runs follow at the hours above."
            ),
        ),
        _older(JobsState.more_runs, JobsState.show_more_runs),
        title="What ran",
        flush=True,
    )


def _run_row(item: Any) -> rx.Component:
    return ui.table_row(
        ui.cell(item.label, place="title"),
        ui.cell(item.day, place="hide", tight=True),
        ui.cell(item.when, place="line", tight=True),
        ui.cell(item.took, place="hide", tight=True),
        ui.cell(item.result, place="line"),
        ui.cell(ui.state_badge(item.status, item.tone), place="amount", tight=True),
        row_id=item.id,
        key=item.id,
    )


def _older(more: Any, show: Any) -> rx.Component:
    return ui.when(more, rx.el.div(ui.button("Show older", small=True, on_click=show), class_name="rc-pager"))


def _with_error(content: Any, error: Any) -> rx.Component:
    return ui.stack(
        content, ui.when(error != "", rx.el.span(error, class_name="rc-muted rc-small")), gap="s1"
    )


def _hours() -> rx.Component:
    return ui.dialog(
        ui.form(
            ui.field_group(
                _time("recurring", "Bills are posted at", DailyHoursState.recurring),
                _time("reminders", "Reminders go out at", DailyHoursState.reminders),
                _time("night", "Everything else runs at", DailyHoursState.night),
            ),
            ui.select_field(
                "country", "Country of your holidays", DailyHoursState.countries,
                placeholder="None: weekends only", optional=True, default_value=DailyHoursState.country,
                error=_ERRORS.get("country", ""), hint="Bills that fall on a day off can move to a business day.",
            ),
            ui.checkbox(
                "fetch_rates", "Fetch exchange rates every night", default_checked=DailyHoursState.fetch_rates,
                hint="Asks the European Central Bank for its public list. Nothing of yours is sent.",
            ),
            ui.form_actions(ui.button("Cancel", on_click=DailyHoursState.close), ui.submit_button("Save")),
            on_submit=DailyHoursState.save,
            key="hours-" + _OPEN.to(str),
        ),
        identity="daily-hours",
        title="Hours of the daily work",
        description="On the clock of your household: " + DailyHoursState.zone + ".",
        open=DailyHoursState.open,
        on_close=DailyHoursState.close,
    )  # fmt: skip


def _time(name: str, label: str, value: Any) -> rx.Component:
    return ui.text_field(name, label, type="time", default_value=value, error=_ERRORS.get(name, ""))
