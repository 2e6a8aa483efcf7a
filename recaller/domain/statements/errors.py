"""What a statement file may be refused for; each message names the file, the place and the reason."""

from __future__ import annotations

from recaller.core.errors import RecallerError


class StatementError(RecallerError):
    """Base of everything that can be wrong with a bank file as a whole."""

    code = "statement_error"
    status = 422


class EmptyFile(StatementError):
    """The file has no content, or nothing but white space."""

    code = "statement_empty"


class FileTooLarge(StatementError):
    """A limit of `limits` was passed: bytes, line length, rows, columns, depth."""

    code = "statement_too_large"
    status = 413


class UnsupportedFormat(StatementError):
    """The content is of a kind that can't be read; `looks_like` names the kind."""

    code = "statement_format"

    def __init__(self, message: str, looks_like: str) -> None:
        super().__init__(message)
        self.looks_like = looks_like


class UnsafeFile(StatementError):
    """The file is built to harm its reader (for example an archive that unpacks to far more than it
    weighs).
    """

    code = "statement_unsafe"


class MalformedStatement(StatementError):
    """The file is of a known kind, and its structure can't be followed."""

    code = "statement_malformed"


class StatementRejected(StatementError):
    """A row is wrong, so nothing of the file is imported; `row` is its number in the file."""

    code = "statement_rejected"

    def __init__(self, filename: str, row: int, reason: str) -> None:
        super().__init__(f"{filename}, row {row}: {reason}")
        self.filename = filename
        self.row = row
        self.reason = reason
