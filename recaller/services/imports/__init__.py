"""Bank files: uploaded, read, previewed row by row, committed, undone."""

from recaller.services.imports.balancing import BalanceCheck, adopt_statement_balance, check_balances
from recaller.services.imports.committing import choose_rows, commit_import, stop_import, write_import
from recaller.services.imports.previewing import ColumnSample, MappingPreview, preview_mapping, with_header
from recaller.services.imports.providing import is_number, lacking_accounts, make_accounts, subtype_of
from recaller.services.imports.staging import stage
from recaller.services.imports.undoing import UndoView, edited_since, undo_import
from recaller.services.imports.uploading import (
    COMMIT_JOB,
    STAGE_JOB,
    change_import,
    discard_import,
    mark_failed,
    read_content,
    start_import,
)
from recaller.services.imports.views import (
    ImportPart,
    ImportRowView,
    ImportView,
    get_import,
    list_import_rows,
    list_imports,
)

__all__ = [
    "COMMIT_JOB",
    "STAGE_JOB",
    "BalanceCheck",
    "ColumnSample",
    "ImportPart",
    "ImportRowView",
    "ImportView",
    "MappingPreview",
    "UndoView",
    "adopt_statement_balance",
    "change_import",
    "check_balances",
    "choose_rows",
    "commit_import",
    "discard_import",
    "edited_since",
    "get_import",
    "is_number",
    "lacking_accounts",
    "list_import_rows",
    "list_imports",
    "make_accounts",
    "mark_failed",
    "preview_mapping",
    "read_content",
    "stage",
    "start_import",
    "stop_import",
    "subtype_of",
    "undo_import",
    "with_header",
    "write_import",
]
