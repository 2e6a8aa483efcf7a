"""Reads workbooks in a process of their own, with a limit on memory and time: a parser's worst case stays in there."""

from __future__ import annotations

import json
import sys

from recaller.domain.statements import FileTooLarge, MalformedStatement, StatementError, UnsafeFile
from recaller.domain.statements.camt_archive import ARCHIVE_MAGIC
from recaller.domain.statements.names import display_name
from recaller.domain.statements.workbook import (
    SheetFacts,
    WorkbookTable,
    check_workbook,
    read_workbook,
)
from recaller.infra.child_process import ChildFailed, ChildTimedOut, limit_this_process, run_child

MEMORY_BYTES = 768 * 1024 * 1024
TIMEOUT_SECONDS = 60
# Should nobody end it before.
LIFE_SECONDS = 90.0
_ERRORS: dict[str, type[StatementError]] = {
    error.code: error for error in (FileTooLarge, MalformedStatement, UnsafeFile)
}


def open_workbook(content: bytes, filename: str, sheet: str | None = None) -> WorkbookTable:
    """Return a sheet of an .xlsx or .xls as CSV; `sheet` None picks the one with the table.

    Raises FileTooLarge, UnsafeFile or MalformedStatement, also when the parser needs more memory or time than allowed.
    """
    name = display_name(filename)
    try:
        answer = run_child(
            "recaller.infra.workbooks", name, sheet or "", given=content, seconds=TIMEOUT_SECONDS
        )
    except ChildTimedOut as error:
        raise FileTooLarge(f"{name} took longer than {TIMEOUT_SECONDS} seconds to open.") from error
    except ChildFailed as error:
        raise FileTooLarge(f"{name} needs more memory to open than is allowed, or it is damaged.") from error
    head, _, body = answer.partition(b"\n")
    facts = json.loads(head)
    if "code" in facts:
        raise _ERRORS[facts["code"]](facts["message"])
    return WorkbookTable(facts["sheet"], tuple(SheetFacts(*one) for one in facts["sheets"]), body)


def main() -> None:
    """Read a workbook from standard input; write one line of facts, or of what was refused, and the CSV."""
    limit_this_process(memory_bytes=MEMORY_BYTES, seconds=LIFE_SECONDS)
    name, sheet = sys.argv[1], sys.argv[2] or None
    out = sys.stdout.buffer
    try:
        content = sys.stdin.buffer.read()
        if content.startswith(ARCHIVE_MAGIC):
            check_workbook(content, name)
        table = read_workbook(content, name, sheet)
    except StatementError as error:
        out.write(json.dumps({"code": error.code, "message": error.message}).encode() + b"\n")
        return
    facts = {
        "sheet": table.sheet,
        "sheets": [(one.name, one.transactions, one.hidden) for one in table.sheets],
    }
    out.write(json.dumps(facts).encode() + b"\n" + table.content)


if __name__ == "__main__":
    main()
