"""Handlers that read and commit large bank files."""

from __future__ import annotations

from uuid import UUID

from recaller.core.errors import RecallerError
from recaller.jobs.running import JobRun, JobStopped
from recaller.services.imports import (
    get_import,
    mark_failed,
    read_content,
    stage,
    write_import,
)
from recaller.services.job_notices import tell_import


def stage_file(run: JobRun) -> None:
    """Read an uploaded file into staged rows; a file that can't be imported is marked with the reason."""
    batch_id = UUID(str(run.arguments["batch_id"]))
    total = 0

    def progress(rows: int, message: str) -> None:
        run.report(min(rows, total), total, message)

    try:
        with run.work() as w:
            if get_import(w, batch_id).status != "reading":
                return
            content = read_content(w, batch_id)
            total = max(content.count(b"\n"), content.count(b"\r"), content.count(b"<STMTTRN>"))
            stage(w, batch_id, content, progress=progress)
    except JobStopped:
        _fail(run, batch_id, "Reading was stopped.")
        raise
    except RecallerError as error:
        _fail(run, batch_id, error.message)
        raise


def commit_file(run: JobRun) -> None:
    """Write a large import's staged rows to the ledger; stopped or failed, the batch waits for its commit again."""
    batch_id = UUID(str(run.arguments["batch_id"]))
    steps = iter(range(1, 10))

    def progress(_rows: int, message: str) -> None:
        run.report(next(steps), 4, message, final=True)

    try:
        with run.work() as w:
            write_import(w, batch_id, progress=progress)
            tell_import(w, batch_id)
    except (JobStopped, RecallerError):
        with run.work() as w:
            w.run(
                "UPDATE import_batch SET status = 'ready' WHERE id = :id AND status = 'committing'",
                id=batch_id,
            )
        raise


def _fail(run: JobRun, batch_id: UUID, message: str) -> None:
    with run.work() as w:
        mark_failed(w, batch_id, message)
