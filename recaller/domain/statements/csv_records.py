"""Raw records of a CSV as a stream: decoding, line ends, quotes and the limits on rows and columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from recaller.domain.statements import limits
from recaller.domain.statements.errors import FileTooLarge, MalformedStatement


def text_stream(content: bytes, encoding: str) -> io.TextIOWrapper:
    """Return the decoded text; bytes that don't fit the encoding become U+FFFD."""
    without_mark = _without_mark(content, encoding)
    # Some banks end lines with CR CR LF: one line end, not two.
    broken = "\r\r\n".encode(without_mark)
    if broken in content:
        content = content.replace(broken, "\r\n".encode(without_mark))
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, errors="replace", newline="")


def _without_mark(content: bytes, encoding: str) -> str:
    """Return the encoding in the form that writes no byte order mark."""
    if encoding in ("utf-16", "utf-32"):
        big = content[:1] in (b"\xfe", b"\0")
        return f"{encoding}-{'be' if big else 'le'}"
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _reader(stream: io.TextIOWrapper, delimiter: str, quote: str) -> Any:
    if quote:
        return csv.reader(stream, delimiter=delimiter, quotechar=quote)
    return csv.reader(stream, delimiter=delimiter, quoting=csv.QUOTE_NONE)


def records(
    content: bytes, encoding: str, delimiter: str, quote: str, filename: str = "the file"
) -> Iterator[tuple[int, list[str]]]:
    """Yield (1-based line where the record starts, cells); blank lines give an empty list.

    Raises FileTooLarge (line, row, column and file limits) and MalformedStatement (naming the line).
    """
    limits.check_size(content, filename)
    limits.check_line_lengths(content, filename)
    reader = _reader(text_stream(content, encoding), delimiter, quote)
    line = 0
    try:
        for cells in reader:
            yield line + 1, cells
            line = reader.line_num
            if len(cells) > limits.MAX_COLUMNS:
                raise FileTooLarge(f"{filename}, line {line}: more than {limits.MAX_COLUMNS} columns.")
            if line > limits.MAX_ROWS:
                raise FileTooLarge(f"{filename} has more than {limits.MAX_ROWS:,} lines.")
    except csv.Error as error:
        raise MalformedStatement(
            f"{filename}, line {line + 1}: a quoted text that starts here never ends properly ({error})."
        ) from error
