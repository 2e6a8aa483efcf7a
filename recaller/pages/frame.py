"""The shell around every signed-in page, wired to who is signed in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import reflex as rx
from reflex.style import set_color_mode

import recaller.components as ui
from recaller.components.base import Node
from recaller.state.session import SessionState, sign_out

THEMES: tuple[Literal["light", "dark", "system"], ...] = ("light", "dark", "system")


def shell_user() -> ui.ShellUser:
    """Return the user menu's and household switcher's wiring."""
    return ui.ShellUser(
        name=SessionState.name,
        household=SessionState.household,
        initials=SessionState.initials,
        on_sign_out=sign_out(),
        tenants=SessionState.households,
        on_switch=SessionState.switch_household,
        on_theme=SessionState.set_theme,
        extra=(ui.menu_item("Settings", "settings", href="/settings"),),
    )


def framed(
    *content: Node,
    active: str,
    title: Node,
    actions: Sequence[Node] = (),
    **shell: Any,
) -> rx.Component:
    """Frame a page for signed-in people: `ui.shell` with the user, the households, sign-out and the theme.

    `active` is the page's key in `ui.DEFAULT_NAV` (a page below one takes its parent's). `shell` takes all else
    that `ui.shell` does: subtitle, crumbs, commands, shortcuts, width, on_add ...

    ```
    def accounts_page() -> rx.Component:
        return framed(ui.card(...), active="accounts", title="Accounts",
                      actions=[ui.button("Add account", icon_name="plus", opens="new-account", shortcut="n")])
    ```

    Its route: `Route("/accounts", "Accounts", accounts_page, (SessionState.load, AccountsState.load))`.
    """
    return rx.fragment(
        ui.shell(*content, active=active, title=title, actions=actions, user=shell_user(), **shell),
        theme_switch(),
    )


def theme_switch() -> rx.Component:
    """Hold the hidden buttons by which a theme that the server knows is painted."""
    return ui.ready_mark(
        SessionState.ready,
        *[
            rx.el.button(
                name,
                type="button",
                tab_index=-1,
                on_click=set_color_mode(name),
                custom_attrs={"data-set-theme": name},
            )
            for name in THEMES
        ],
    )
