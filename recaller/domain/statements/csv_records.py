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
    if b"\r\r\n" in content:
        content = content.replace(b"\r\r\n", b"\r\n")
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, errors="replace", newline="")


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
