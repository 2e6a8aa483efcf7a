"""The limits on statement files: every reader of this package stops at them with a clear error."""

from __future__ import annotations

from recaller.domain.statements.errors import FileTooLarge

MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_LINE_BYTES = 256 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 512
MAX_STATEMENTS = 1_000
MAX_OFX_DEPTH = 100
MAX_OFX_VALUE_CHARS = 64 * 1024
MAX_XML_DEPTH = 100
MAX_XML_NODES = 20_000
MAX_PARTS = 1_000
MAX_TEXT_CHARS = 4_000
MAX_RAW_CHARS = 300
MAX_ARCHIVE_RATIO = 100
MAX_ARCHIVE_FILES = 1_000


def check_size(content: bytes, filename: str) -> None:
    """Raise FileTooLarge when the file is larger than MAX_FILE_BYTES."""
    if len(content) > MAX_FILE_BYTES:
        raise FileTooLarge(
            f"{filename} has {len(content):,} bytes; the limit is {MAX_FILE_BYTES // (1024 * 1024)} MiB."
        )


def check_line_lengths(content: bytes, filename: str) -> None:
    """Raise FileTooLarge when a line is longer than MAX_LINE_BYTES."""
    end_of_line = b"\n" if b"\n" in content else b"\r"
    start, number = 0, 1
    while True:
        end = content.find(end_of_line, start)
        if (len(content) if end < 0 else end) - start > MAX_LINE_BYTES:
            raise FileTooLarge(
                f"{filename}, line {number}: the line is longer than {MAX_LINE_BYTES:,} bytes."
            )
        if end < 0:
            return
        start, number = end + 1, number + 1
