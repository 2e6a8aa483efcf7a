"""The contract between components, stylesheet and browser script: nothing used that isn't there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import reflex as rx

import recaller.components as ui
from recaller.components.base import Tone
from recaller.components.document import STYLESHEETS, app_options, script_url
from recaller.state import import_words, job_words, rule_words

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "recaller" / "components").glob("*.py"))
PYTHON = "\n".join(path.read_text() for path in SOURCES)
CSS = "\n".join(path.read_text() for path in sorted((ROOT / "assets" / "styles").glob("*.css")))
SCRIPT = (ROOT / "assets" / "recaller.js").read_text()


def markup(component: rx.Component) -> str:
    return str(component.render())


def libraries(component: rx.Component) -> set[str]:
    return set(component._get_all_imports())


def ignore(*_: Any) -> list[Any]:
    return []


def test_every_public_name_exists() -> None:
    assert [name for name in ui.__all__ if not hasattr(ui, name)] == []


def test_every_class_that_components_use_is_styled() -> None:
    used = set(re.findall(r"\brc-[a-z]+(?:__[a-z]+)?(?:--[a-z]+)?(?![\w-]*\{)\b", PYTHON))
    styled = set(re.findall(r"\.(rc-[a-z]+(?:-[a-z]+)*(?:__[a-z]+)?(?:--[a-z]+)?)", CSS))
    plain = {"rc-sr", "rc-tone"}
    prefixes = {name.rsplit("--", 1)[0] for name in styled} | {re.sub(r"(__|-).*", "", n[3:]) for n in styled}
    missing = {n for n in used - styled - plain if n not in prefixes and n[3:] not in prefixes}
    assert missing == set()


def test_every_attribute_of_the_script_is_set_by_a_component() -> None:
    set_in_python = {name.replace("_", "-") for name in re.findall(r"\b(data_[a-z_]+)", PYTHON)}
    read = set(re.findall(r"\[(data-[a-z-]+)", SCRIPT))
    marks = re.findall(r"\.dataset\.([A-Za-z]+) = ", SCRIPT)  # what the script remembers on elements itself
    set_by_script = {"data-" + re.sub(r"[A-Z]", lambda m: "-" + m[0].lower(), name) for name in marks}
    assert read - set_in_python - set_by_script - {"data-focused"} == set()


def test_the_words_of_states_have_tones_that_badges_know() -> None:
    words = (import_words.STATUS, import_words.STATES, job_words.STATUS, rule_words.STATUS)
    assert {word[1] for one in words for word in one.values()} <= set(get_args(Tone))


def test_the_script_evaluates_nothing() -> None:
    assert not re.search(r"\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write", SCRIPT)


def test_assets_exist() -> None:
    sheets = {f"/styles/{path.name}" for path in (ROOT / "assets" / "styles").glob("*.css")}
    assert set(STYLESHEETS) == sheets and len(STYLESHEETS) == len(sheets)
    for sheet in STYLESHEETS:
        assert (ROOT / "assets" / sheet.strip("/")).is_file()
    assert re.fullmatch(r"/recaller\.js\?v=[0-9a-f]{10}", script_url())
    assert set(app_options()) == {"app_wraps", "stylesheets", "head_components", "toaster", "html_lang"}


def test_pages_without_charts_load_no_chart_library_and_no_widget_theme() -> None:
    page = ui.shell(
        ui.card(ui.form(ui.text_field("a", "A"), ui.combobox("b", "B", [("1", "One")]), on_submit=ignore)),
        ui.dialog("x", identity="d", title="D"),
        active="dashboard",
        title="Dashboard",
    )
    wanted = libraries(page) | libraries(ui.auth_layout("x", title="Sign in"))
    assert not [name for name in wanted if "plotly" in name or "@radix-ui" in name or "recharts" in name]


def test_a_chart_loads_only_the_small_distribution() -> None:
    figure = rx.Var("state.figure", _var_type=dict[str, Any])
    wanted = libraries(ui.chart(figure, title="T", description="D"))
    assert any("plotly.js-basic-dist-min" in name for name in wanted)
    assert not [name for name in wanted if re.match(r"plotly\.js(@|$)", name)]


def test_a_field_is_tied_to_its_label_hint_and_error() -> None:
    text = markup(ui.text_field("email", "E-mail", error="Wrong.", hint="Yours", scope="new"))
    assert 'id:"field-new-email"' in text.replace(" ", "")
    assert "field-new-email-hint field-new-email-error" in text
    assert "Wrong." in text
    assert '"aria-invalid":"true"' in text


def test_a_field_without_error_is_valid() -> None:
    assert '"aria-invalid":"false"' in markup(ui.text_field("email", "E-mail"))


def test_money_is_blurred_on_demand_and_toned_by_class() -> None:
    text = markup(ui.money("−€989.26", "negative"))
    assert "private" in text
    assert "rc-money--negative" in text
    assert "989.26" in text


@pytest.mark.parametrize(
    ("sort", "order"), [("date", "ascending"), ("-date", "descending"), ("payee", "none")]
)
def test_a_sortable_column_says_its_order(sort: str, order: str) -> None:
    rows = rx.Var("state.rows", _var_type=list[str]).guess_type()
    table = ui.data_table(
        [ui.Column("date", "Date", sortable=True)],
        rows,
        lambda item: ui.table_row(ui.cell(item), row_id="1"),
        label="Rows",
        empty="Nothing",
        sort=sort,
        on_sort=lambda _: rx.console_log("x"),
    )
    assert f'"aria-sort":"{order}"' in markup(table)


def test_series_colours_follow_an_index_of_a_loop() -> None:
    assert ui.series_color(8) == "var(--chart-1)"
    assert "var(--chart-" in str(ui.series_color(rx.Var("n", _var_type=int).guess_type()))


def test_progress_of_unknown_length_has_no_value() -> None:
    assert "aria-valuenow" not in markup(ui.progress_bar("Reading", None))
    assert "aria-valuenow" in markup(ui.progress_bar("Reading", 40))


def test_an_unknown_account_subtype_still_has_an_icon() -> None:
    assert "LucideWallet" in markup(ui.account_icon("submarine"))
    assert "LucideLandmark" in markup(ui.account_icon("checking"))


def test_the_shell_has_one_main_heading_a_skip_link_and_landmarks() -> None:
    text = markup(ui.shell("Body", active="accounts", title="Accounts"))
    assert text.count("'name': '\"h1\"'") == 1
    assert "Skip to content" in text
    assert text.count("'name': '\"main\"'") == 1
    assert '"aria-current":"page"' in text
