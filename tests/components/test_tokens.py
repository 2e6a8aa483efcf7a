"""Tokens: text and marks keep the contrast that WCAG 2.2 AA asks for, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recaller.components.chart_theme import DARK, LIGHT

STYLES = Path(__file__).resolve().parents[2] / "assets" / "styles"


def theme_tokens(selector: str) -> dict[str, str]:
    text = (STYLES / "tokens.css").read_text()
    block = re.search(re.escape(selector) + r"\s*\{(.*?)\n\}", text, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", block.group(1)))


THEMES = {"light": theme_tokens(":root"), "dark": theme_tokens("html.dark")}


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT_PAIRS = [
    *[(ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in ("bg", "surface", "sunken", "hover")],
    *[(tone, "surface") for tone in ("accent-text", "positive", "negative", "warning", "info")],
    *[(tone, f"{tone}-soft") for tone in ("positive", "negative", "warning", "info")],
    ("accent-text", "accent-soft"),
    ("accent-text", "bg"),
    ("ink-2", "accent-soft"),
    ("ink-3", "accent-soft"),
    ("positive", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-danger", "danger"),
    ("on-danger", "danger-hover"),
]
MARK_PAIRS = [
    ("line-strong", "surface"),
    ("focus", "surface"),
    ("focus", "bg"),
    *[(f"chart-{n}", "surface") for n in range(1, 9)],
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_contrast(theme: str, ink: str, ground: str) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[ink], tokens[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("mark", "ground"), MARK_PAIRS)
def test_mark_contrast(theme: str, mark: str, ground: str) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[mark], tokens[ground]) >= 3.0


def test_dark_changes_every_colour_of_light() -> None:
    assert set(THEMES["light"]) == set(THEMES["dark"])


def test_charts_use_the_colours_of_the_tokens() -> None:
    for colors, tokens in ((LIGHT, THEMES["light"]), (DARK, THEMES["dark"])):
        assert list(colors.series) == [tokens[f"chart-{n}"] for n in range(1, 9)]
        assert (colors.ink, colors.muted, colors.line) == (tokens["ink"], tokens["ink-3"], tokens["line"])
        assert (colors.surface, colors.inflow) == (tokens["surface"], tokens["accent"])
