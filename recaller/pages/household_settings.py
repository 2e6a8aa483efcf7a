"""The household's part of the settings page: its name and currency, its members, and further households."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item, ListVar
from recaller.state.household import HOUSEHOLD_DIALOG, INVITE_FORM, HouseholdState
from recaller.state.region import common_currencies
from recaller.state.session import SessionState

_ERRORS: Item = HouseholdState.form_errors
_MEMBERS: ListVar = HouseholdState.members
_INVITATIONS: ListVar = HouseholdState.invitations
_ROLES = (("user", "Member"), ("admin", "Administrator"))


def household_cards() -> rx.Component:
    """Draw the cards of the present household, and the list of all of the user's."""
    return rx.fragment(
        ui.loaded(
            HouseholdState.loading,
            ui.skeleton_card("16rem"),
            rx.cond(HouseholdState.has_household, rx.fragment(_household(), _members())),
        ),
        _households(),
        _new_household(),
        ui.confirm_dialog(
            "remove-member",
            title="Remove " + HouseholdState.removing_name + "?",
            text="They lose access at once. What they booked in the shared space stays.",
            confirm="Remove",
            on_confirm=HouseholdState.remove_member,
            open=HouseholdState.removing != "",
            on_close=HouseholdState.stop_removing,
        ),
    )


def _household() -> rx.Component:
    locked = ~HouseholdState.may_administer
    return ui.card(
        ui.form(
            ui.field_group(
                ui.text_field(
                    "name", "Name", default_value=HouseholdState.name, error=_ERRORS.get("name", ""), disabled=locked
                ),
                ui.select_field(
                    "base_currency", "Currency", HouseholdState.currencies,
                    default_value=HouseholdState.base_currency, error=_ERRORS.get("base_currency", ""),
                    hint="In which totals are shown. No stored amount changes.", disabled=locked,
                ),
            ),
            ui.text_field(
                "household_time_zone", "Time zone", default_value=HouseholdState.time_zone, list="time-zones",
                auto_complete="off", spell_check=False, error=_ERRORS.get("time_zone", ""),
                hint="Where the household's days begin.", disabled=locked,
            ),
            rx.cond(
                HouseholdState.may_administer,
                ui.form_actions(ui.submit_button("Save")),
                ui.callout("Only an administrator can change these."),
            ),
            on_submit=HouseholdState.save_household,
        ),
        title="Household",
    )  # fmt: skip


def _members() -> rx.Component:
    return ui.card(
        ui.item_list(rx.foreach(_MEMBERS, _member), label="Members"),
        rx.cond(
            HouseholdState.may_administer,
            rx.fragment(
                rx.cond(
                    _INVITATIONS.length() > 0,
                    rx.fragment(
                        ui.list_heading("Open invitations", rx.el.span(_INVITATIONS.length())),
                        ui.item_list(rx.foreach(_INVITATIONS, _invitation), label="Open invitations"),
                    ),
                ),
                ui.divider(),
                rx.el.div(_invite(), style={"padding": "var(--s5)"}),
            ),
        ),
        title="Members",
        subtitle="They share this household. What is private stays so, for administrators too.",
        flush=True,
    )


def _member(item: Item) -> rx.Component:
    actions = ui.menu(
        rx.cond(
            item.is_admin,
            ui.menu_item(
                "Make an ordinary member", "user-round", on_click=HouseholdState.change_role(item.id, "user")
            ),
            ui.menu_item(
                "Make administrator", "shield", on_click=HouseholdState.change_role(item.id, "admin")
            ),
        ),
        rx.cond(
            item.active,
            ui.menu_item("Shut out", "lock", on_click=HouseholdState.set_active(item.id, False)),
            ui.menu_item("Let in again", "lock-open", on_click=HouseholdState.set_active(item.id, True)),
        ),
        ui.menu_item("Remove", "user-minus", danger=True, on_click=HouseholdState.ask_to_remove(item.id)),
        identity="member-" + item.id,
        label="Actions for " + item.name,
        small=True,
    )
    return ui.list_row(
        rx.fragment(item.name, rx.cond(item.is_me, " (you)", "")),
        lead=ui.avatar(item.initials, size="2.25rem"),
        subtitle=item.email,
        end=ui.row(
            rx.cond(item.active, rx.fragment(), ui.badge("Shut out", "warning", "lock")),
            rx.cond(item.is_admin, ui.badge("Administrator", "accent"), ui.badge("Member")),
            rx.cond(HouseholdState.may_administer & ~item.is_me, actions),
            gap="s2",
            wrap=False,
        ),
    )


def _invitation(item: Item) -> rx.Component:
    return ui.list_row(
        item.email,
        lead=ui.glyph("mail"),
        subtitle=item.detail,
        end=ui.button(
            "Withdraw",
            small=True,
            on_click=HouseholdState.withdraw_invitation(item.id),
            aria_label="Withdraw the invitation of " + item.email,
        ),
    )


def _invite() -> rx.Component:
    return ui.stack(
        rx.cond(
            HouseholdState.invite_link != "",
            ui.callout(
                rx.fragment(
                    "Hand this link to " + HouseholdState.invite_email + ". It is shown only now: ",
                    rx.el.code(HouseholdState.invite_link, style={"overflow-wrap": "anywhere"}),
                ),
                tone="success",
                title="The invitation is ready",
                action=ui.icon_button(
                    "copy", "Copy the link", on_click=rx.set_clipboard(HouseholdState.invite_link), small=True
                ),
            ),
        ),
        ui.form(
            ui.field_group(
                ui.text_field(
                    "invite_email", "Invite somebody", type="email", placeholder="name@example.org",
                    auto_complete="off", error=_ERRORS.get("invite_email", ""),
                ),
                ui.select_field("invite_role", "As", _ROLES, default_value="user"),
            ),
            ui.form_actions(ui.submit_button("Make invitation")),
            on_submit=HouseholdState.invite,
            custom_attrs={"id": INVITE_FORM},
        ),
    )  # fmt: skip


def _households() -> rx.Component:
    households: ListVar = SessionState.households
    return ui.card(
        rx.cond(
            households.length() > 0,
            ui.item_list(rx.foreach(households, _choice), label="Your households"),
            ui.empty_state(
                "house",
                "You belong to no household",
                "Create one, or ask an administrator for an invitation.",
            ),
        ),
        title="Your households",
        actions=ui.button("New household", icon_name="plus", small=True, opens=HOUSEHOLD_DIALOG),
        flush=True,
        custom_attrs={"id": "households"},
    )


def _choice(item: Item) -> rx.Component:
    return ui.list_row(
        item.name,
        lead=ui.glyph("house"),
        end=rx.cond(
            item.current,
            ui.badge("Here now", "accent"),
            ui.button(
                "Switch",
                small=True,
                on_click=SessionState.switch_household(item.id),
                aria_label="Switch to " + item.name,
            ),
        ),
    )


def _new_household() -> rx.Component:
    return ui.dialog(
        ui.form(
            ui.text_field(
                "household_name",
                "Name",
                max_length=100,
                error=_ERRORS.get("household_name", ""),
                auto_complete="off",
            ),
            ui.select_field("new_currency", "Currency", common_currencies(), default_value="USD"),
            ui.form_actions(ui.button("Cancel", closes=True), ui.submit_button("Create household")),
            on_submit=HouseholdState.create_household,
            number=HouseholdState.form_key,
        ),
        identity=HOUSEHOLD_DIALOG,
        title="New household",
        description="Its accounts, members and settings are its own.",
    )
