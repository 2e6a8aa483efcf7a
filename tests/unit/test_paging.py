"""Cursors: what one of ours holds comes back, anything else is refused as a page mark."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from recaller.core.errors import ValidationFailed
from recaller.core.paging import cursor_text, encode_cursor, moment_cursor, read_cursor

ONE = UUID("0193f1d2-c4a8-7b3e-9d1f-2a6b8c0e4f10")
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def test_what_a_cursor_holds_comes_back() -> None:
    cursor = encode_cursor(["2026-11-29", "Rent’s", ONE])
    assert read_cursor(cursor, date.fromisoformat, cursor_text, UUID) == (date(2026, 11, 29), "Rent’s", ONE)
    assert moment_cursor(encode_cursor([NOON.isoformat(), ONE])) == (NOON, ONE)


@pytest.mark.parametrize(
    "values",
    [[], ["2026-11-29"], ["2026-02-31", "a", str(ONE)], ["2026-11-29", "a\0", str(ONE)], ["2026-11-29", 5, str(ONE)],
     ["2026-11-29", "a", 5], ["2026-11-29", "a", None], [None, "a", str(ONE)], [{}, [], ""]],
)  # fmt: skip
def test_what_isnt_ours_is_no_page_mark(values: list[Any]) -> None:
    with pytest.raises(ValidationFailed) as refused:
        read_cursor(encode_cursor(values), date.fromisoformat, cursor_text, UUID)
    assert refused.value.field == "cursor"


@pytest.mark.parametrize(
    "cursor", ["", "%%", "bm9uc2Vuc2U", encode_cursor(["2026-11-29T12:00:00", str(ONE)])]
)
def test_a_moment_has_its_zone(cursor: str) -> None:
    with pytest.raises(ValidationFailed):
        moment_cursor(cursor)
