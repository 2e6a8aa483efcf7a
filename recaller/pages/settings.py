"""Settings: the person, the password, the sessions, the household and who is in it."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item, ListVar
from recaller.pages.frame import framed
from recaller.pages.household_settings import household_cards
from recaller.state.region import THEMES, WEEKDAYS, time_zones
from recaller.state.settings import PASSWORD_FORM, SettingsState

_ERRORS: Item = SettingsState.form_errors
_SESSIONS: ListVar = SettingsState.sessions


def settings_page() -> rx.Component:
    """Draw all settings under each other, each in a card of its own."""
    return framed(
        ui.stack(
            ui.loaded(SettingsState.loading, ui.skeleton_card("24rem"), _profile()),
            _password(),
            _sessions(),
            _notifications(),
            household_cards(),
            rx.el.datalist(
                *[rx.el.option(value=name) for name, _ in time_zones()], custom_attrs={"id": "time-zones"}
            ),
            gap="s5",
        ),
        active="settings",
        title="Settings",
        width="narrow",
    )


def _profile() -> rx.Component:
    return ui.card(
        ui.form(
            ui.field_group(
                ui.text_field(
                    "display_name", "Your name", default_value=SettingsState.display_name,
                    auto_complete="name", error=_ERRORS.get("display_name", ""),
                ),
                ui.text_field("email", "E-mail", default_value=SettingsState.email, disabled=True),
            ),
            ui.field_group(
                ui.select_field(
                    "locale", "Language and formats", SettingsState.locales,
                    default_value=SettingsState.locale, error=_ERRORS.get("locale", ""),
                    hint="How dates, numbers and amounts are written.",
                ),
                ui.text_field(
                    "time_zone", "Time zone", default_value=SettingsState.time_zone, list="time-zones",
                    auto_complete="off", spell_check=False, error=_ERRORS.get("time_zone", ""),
                    hint="Type a city, such as Berlin.",
                ),
            ),
            ui.field_group(
                ui.select_field("theme", "Theme", THEMES, default_value=SettingsState.theme),
                ui.select_field(
                    "first_weekday", "First day of the week", WEEKDAYS,
                    default_value=SettingsState.first_weekday,
                ),
            ),
            ui.form_actions(ui.submit_button("Save")),
            on_submit=SettingsState.save_profile,
        ),
        title="Profile and preferences",
        subtitle="They follow you to every browser that you sign in with.",
    )  # fmt: skip


def _notifications() -> rx.Component:
    return ui.card(
        ui.button("Choose what you are told", icon_name="bell", href="/settings/notifications"),
        title="Notifications",
        subtitle="Over which channels you are reached, and when you are left alone.",
    )


def _password() -> rx.Component:
    return ui.card(
        ui.form(
            # For password managers: whose password changes.
            rx.el.input(
                type="email", name="username", value=SettingsState.email, read_only=True, hidden=True,
                auto_complete="username",
            ),
            ui.field_group(
                ui.password_field(
                    "current_password", "Current password", error=_ERRORS.get("current_password", "")
                ),
                ui.password_field(
                    "new_password", "New password", new=True, error=_ERRORS.get("new_password", ""),
                    hint="At least 10 characters.",
                ),
            ),
            ui.form_actions(ui.submit_button("Change password")),
            on_submit=SettingsState.change_password,
            custom_attrs={"id": PASSWORD_FORM},
        ),
        title="Password",
        subtitle="Changing it signs you out everywhere but here.",
    )  # fmt: skip


def _sessions() -> rx.Component:
    return ui.card(
        ui.loaded(
            SettingsState.loading,
            ui.skeleton_rows(2),
            ui.item_list(rx.foreach(_SESSIONS, _session), label="Sessions"),
        ),
        title="Where you are signed in",
        subtitle="Ending a session takes effect at its next click.",
        actions=rx.cond(
            _SESSIONS.length() > 1,
            ui.button("End all others", small=True, on_click=SettingsState.end_other_sessions),
        ),
        flush=True,
        custom_attrs={"id": "sessions"},
    )


def _session(item: Item) -> rx.Component:
    return ui.list_row(
        item.device,
        lead=rx.cond(item.is_token, ui.glyph("key-round"), ui.glyph("monitor-smartphone")),
        subtitle=item.detail,
        end=rx.cond(
            item.current,
            ui.badge("This browser", "accent"),
            ui.button(
                "End",
                small=True,
                on_click=SettingsState.end_session(item.id),
                aria_label="End " + item.device,
            ),
        ),
    )
