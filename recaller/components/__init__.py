"""The design system: presentational components that pages compose; no state, no query, no styling elsewhere.

A page in one look:

```
import recaller.components as ui

def accounts_page() -> rx.Component:
    return ui.shell(
        ui.stat_grid(
            ui.stat("Net worth", State.net_worth_text, lead=True, href="/reports/net-worth"),
            ui.stat("Owed", State.owed_text),
        ),
        ui.card(
            ui.data_table(COLUMNS, State.rows, account_row, label="Accounts", loading=State.loading,
                          empty=ui.empty_state("landmark", "No accounts yet", "Add one or import a file.",
                                               ui.button("Add account", opens="new-account"))),
            flush=True,
        ),
        ui.dialog(ui.form(...), identity="new-account", title="New account"),
        active="accounts", title="Accounts", user=USER,
    )
```
"""

from recaller.components.auth import auth_layout
from recaller.components.base import grid, icon, link, private, row, screen_reader_only, split, stack, when
from recaller.components.brand import brand, logo_mark
from recaller.components.button import button, icon_button, submit_button
from recaller.components.chart import chart, chart_table
from recaller.components.chart_theme import chart_layout, series_color
from recaller.components.combobox import combobox, combobox_control
from recaller.components.document import app_options
from recaller.components.dropzone import dropzone, uploading
from recaller.components.feedback import (
    bar_list,
    bar_row,
    callout,
    empty_state,
    error_state,
    loaded,
    poll,
    progress_bar,
    skeleton,
    skeleton_card,
    skeleton_rows,
    steps,
)  # fmt: skip
from recaller.components.field import (
    checkbox,
    date_field,
    hidden_field,
    money_input,
    password_field,
    search_input,
    select,
    select_field,
    switch,
    text_field,
    textarea_field,
)  # fmt: skip
from recaller.components.form import busy_line, field_group, form, form_actions
from recaller.components.money import money
from recaller.components.navigation import DEFAULT_NAV, Command, NavItem, ShellUser
from recaller.components.overlay import (
    confirm_dialog,
    dialog,
    drawer,
    menu,
    menu_item,
    menu_label,
    menu_line,
    menu_toggle,
)  # fmt: skip
from recaller.components.palette import palette_result
from recaller.components.shell import connection_banner, page_head, shell, theme_menu_items
from recaller.components.surface import (
    card,
    divider,
    item_list,
    list_heading,
    list_row,
    section_heading,
    sparkline,
    stat,
    stat_grid,
)
from recaller.components.table import (
    Column,
    actions_cell,
    balance_cell,
    cell,
    cell_button,
    data_table,
    density_toggle,
    group_row,
    money_cell,
    open_link,
    pager,
    select_box,
    select_cell,
    selection_bar,
    table_row,
    toolbar,
)  # fmt: skip
from recaller.components.token import (
    account_icon,
    avatar,
    badge,
    chip,
    chips,
    counted_tabs,
    filter_chip,
    glyph,
    kbd,
    mark,
    segmented,
    state_badge,
    tab_links,
)  # fmt: skip
from recaller.core.figures import (
    ChartPoint,
    MoneyAxis,
    bar_figure,
    cash_flow_figure,
    net_worth_figure,
    spending_figure,
)  # fmt: skip

__all__ = [
    "DEFAULT_NAV", "ChartPoint", "Column", "Command", "MoneyAxis", "NavItem", "ShellUser", "account_icon",
    "actions_cell", "app_options", "auth_layout", "avatar", "badge", "balance_cell", "bar_figure", "bar_list",
    "bar_row", "brand", "busy_line", "button", "callout", "card", "cash_flow_figure", "cell", "cell_button", "chart",
    "chart_layout", "chart_table", "checkbox", "chip", "chips", "combobox", "combobox_control", "confirm_dialog",
    "connection_banner", "counted_tabs", "data_table", "date_field", "density_toggle", "dialog", "divider", "drawer",
    "dropzone", "empty_state", "error_state", "field_group", "filter_chip", "form", "form_actions", "glyph", "grid",
    "group_row", "hidden_field", "icon", "icon_button", "item_list", "kbd", "link", "list_heading", "list_row",
    "loaded", "logo_mark", "mark", "menu", "menu_item", "menu_label", "menu_line", "menu_toggle", "money", "money_cell",
    "money_input", "net_worth_figure", "open_link", "page_head", "pager", "palette_result", "password_field", "poll",
    "private", "progress_bar", "row", "screen_reader_only", "search_input", "section_heading", "segmented",
    "select", "select_box", "select_cell", "select_field", "selection_bar", "series_color", "shell", "skeleton",
    "skeleton_card", "skeleton_rows", "sparkline", "spending_figure", "split", "stack", "stat", "stat_grid",
    "state_badge", "steps", "submit_button", "switch", "tab_links", "table_row", "text_field", "textarea_field",
    "theme_menu_items", "toolbar", "uploading", "when",
]  # fmt: skip
