"""Lines of text formats (QIF, MT940) as a stream: decoded, numbered, bounded in length."""

from __future__ import annotations

from collections.abc import Iterator

from recaller.domain.statements import limits
from recaller.domain.statements.csv_records import text_stream


def numbered_lines(content: bytes, encoding: str, filename: str) -> Iterator[tuple[int, str]]:
    """Yield (1-based line number, text without its end); bytes that don't fit the encoding become U+FFFD.

    Raises FileTooLarge when the file or a line is too long.
    """
    limits.check_size(content, filename)
    limits.check_line_lengths(content, filename)
    for number, line in enumerate(text_stream(content, encoding), start=1):
        yield number, line.rstrip("\r\n")
