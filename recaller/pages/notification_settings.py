"""Settings of notifications: where one is reached, what one is told, and when one is left alone."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item, ListVar
from recaller.pages.frame import framed
from recaller.state.notification_settings import CHANNEL_DIALOG, ICONS, NotificationSettingsState

_CHANNELS: ListVar = NotificationSettingsState.channels
_KINDS: ListVar = NotificationSettingsState.kinds
_MAIL: Item = NotificationSettingsState.mail
_ERRORS: Item = NotificationSettingsState.form_errors


def notification_settings_page() -> rx.Component:
    """Draw the three cards."""
    return framed(
        rx.cond(
            NotificationSettingsState.failure != "",
            ui.error_state(
                "Your settings can't be shown",
                NotificationSettingsState.failure,
                ui.button("Try again", icon_name="rotate-cw", on_click=NotificationSettingsState.load),
            ),
            ui.loaded(
                NotificationSettingsState.loading,
                ui.stack(ui.skeleton_card("12rem"), ui.skeleton_card("24rem"), gap="s5"),
                ui.stack(_channels(), _wishes(), _hours(), gap="s5"),
            ),
        ),
        _new_channel(),
        _remove_channel(),
        active="settings",
        title="Notifications",
        subtitle="Where you are reached, what you are told, and when you are left alone. For you alone.",
        crumbs=(("Settings", "/settings"),),
        width="narrow",
    )


def _channels() -> rx.Component:
    return ui.card(
        ui.when(
            ~_MAIL,
            ui.callout(
                "The operator of this Recaller hasn't set up a mail server, so nothing is sent by e-mail. "
                "The bell in the app works.",
            ),
        ),
        ui.item_list(rx.foreach(_CHANNELS, _channel), label="Channels"),
        title="Where you are reached",
        subtitle="Besides the bell in the app.",
        actions=rx.cond(
            NotificationSettingsState.can_add,
            ui.button(
                "Add channel", icon_name="plus", small=True, shortcut="n",
                on_click=NotificationSettingsState.begin_adding,
            ),
        ),
        flush=True,
    )  # fmt: skip


def _channel(item: Item) -> rx.Component:
    return ui.setting_row(
        rx.fragment(ui.kind_glyph(item.kind, ICONS), item.label, ui.state_badge(item.state, item.tone)),
        rx.fragment(
            rx.el.span(item.address), ui.when(item.hint != "", rx.el.span(" · ", item.hint))
        ),
        ui.when(item.wants_code, _code_form(item)),
        ui.when(
            item.usable,
            ui.button(
                "Send test", icon_name="send", small=True, busy=item.testing,
                on_click=NotificationSettingsState.test_channel(item.id),
                aria_label="Send test to " + item.label,
            ),
        ),
        ui.when(
            item.usable,
            ui.switch(
                "on", ui.screen_reader_only("Use " + item.label), scope=item.id, checked=item.enabled,
                on_change=lambda on: NotificationSettingsState.switch_channel(item.id, on),
            ),
        ),
        ui.when(
            item.removable,
            ui.icon_button(
                "trash-2", "Remove " + item.label, small=True,
                on_click=NotificationSettingsState.ask_to_remove(item.id),
            ),
        ),
    )  # fmt: skip


def _code_form(item: Item) -> rx.Component:
    return ui.form(
        ui.hidden_field("channel_id", item.id),
        ui.text_field(
            "code", "Code from the e-mail", scope=item.id, input_mode="numeric", auto_complete="one-time-code",
            error=_ERRORS.get("code", ""), max_length=10,
        ),
        ui.submit_button("Confirm"),
        ui.button(
            "Send a new code", busy=item.testing, on_click=NotificationSettingsState.test_channel(item.id)
        ),
        on_submit=NotificationSettingsState.confirm_channel,
    )  # fmt: skip


def _wishes() -> rx.Component:
    return ui.card(
        ui.item_list(rx.foreach(_KINDS, _kind), label="Kinds of notifications"),
        title="What you are told",
        subtitle="Changes count from the next notification on.",
        flush=True,
    )


def _kind(row: Item) -> rx.Component:
    return ui.setting_row(
        row.label,
        row.hint,
        ui.when(row.has_lead_days, _lead_days(row)),
        ui.checkbox(
            "in_app", "In app", scope=row.kind, checked=row.in_app,
            aria_label=row.label + ": in app",
            on_change=lambda on: NotificationSettingsState.set_in_app(row.kind, on),
        ),
        rx.foreach(
            row.cells,
            lambda cell: ui.checkbox(
                "over", cell.label, scope=row.kind + cell.channel_id, checked=cell.on,
                aria_label=row.label + ": " + cell.label,
                on_change=lambda on: NotificationSettingsState.set_channel(row.kind, cell.channel_id, on),
            ),
        ),
    )  # fmt: skip


def _lead_days(row: Item) -> rx.Component:
    return ui.form(
        ui.hidden_field("kind", row.kind),
        ui.text_field(
            "lead_days", "Days before", scope=row.kind, default_value=row.lead_days, input_mode="numeric",
            auto_complete="off", error=_ERRORS.get("lead_days", ""), size="8",
        ),
        ui.button("Save", type="submit", small=True),
        on_submit=NotificationSettingsState.set_lead_days,
        key=row.lead_days,
    )  # fmt: skip


def _hours() -> rx.Component:
    return ui.card(
        ui.form(
            ui.checkbox(
                "quiet", "Quiet hours", default_checked=NotificationSettingsState.quiet,
                hint="Messages wait until they end. The bell in the app shows everything at once.",
            ),
            ui.field_group(
                ui.text_field(
                    "quiet_from", "From", type="time", optional=True,
                    default_value=NotificationSettingsState.quiet_from, error=_ERRORS.get("quiet_from", ""),
                ),
                ui.text_field(
                    "quiet_to", "To", type="time", optional=True,
                    default_value=NotificationSettingsState.quiet_to, error=_ERRORS.get("quiet_to", ""),
                ),
            ),
            ui.field_group(
                ui.select_field(
                    "digest", "Messages come", [("now", "As things happen"), ("daily", "Once a day, in one message")],
                    default_value=NotificationSettingsState.digest,
                ),
                ui.text_field(
                    "digest_at", "Time of the daily message", type="time", optional=True,
                    default_value=NotificationSettingsState.digest_at, error=_ERRORS.get("digest_at", ""),
                ),
            ),
            ui.form_actions(ui.submit_button("Save hours")),
            on_submit=NotificationSettingsState.save_schedule,
        ),
        title="When",
        subtitle="By the clock of your time zone, " + NotificationSettingsState.time_zone + ".",
    )  # fmt: skip


def _new_channel() -> rx.Component:
    return ui.dialog(
        ui.form(
            ui.text_field(
                "address", "Address", hint=NotificationSettingsState.address_hint,
                error=_ERRORS.get("address", ""), auto_complete="off", spell_check=False, data_autofocus="true",
            ),
            ui.text_field(
                "label", "Name", optional=True, hint="How you call it, such as Phone.",
                error=_ERRORS.get("label", ""), auto_complete="off",
            ),
            ui.form_actions(ui.button("Cancel", closes=True), ui.submit_button("Add")),
            on_submit=NotificationSettingsState.add_channel,
            number=NotificationSettingsState.form_key,
        ),
        identity=CHANNEL_DIALOG,
        title="Add a channel",
        description="An e-mail address gets a code first. A service's address is kept encrypted and never shown again.",
        open=NotificationSettingsState.adding,
        on_close=NotificationSettingsState.stop_adding,
    )  # fmt: skip


def _remove_channel() -> rx.Component:
    return ui.dialog(
        rx.el.p("What waits to be sent over it isn't sent any more."),
        identity="remove-channel",
        title=rx.fragment("Remove ", NotificationSettingsState.removing_label, "?"),
        open=NotificationSettingsState.removing != "",
        on_close=NotificationSettingsState.stop_removing,
        footer=rx.fragment(
            ui.button("Keep", on_click=NotificationSettingsState.stop_removing),
            ui.button("Remove", variant="danger", on_click=NotificationSettingsState.remove_channel),
        ),
    )
