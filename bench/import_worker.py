"""A worker process for one import: reads and commits the uploaded file, then tells its time and peak memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter
from uuid import UUID

from recaller.core.scope import Role, Scope
from recaller.infra.work import work
from recaller.jobs.imports import commit_file, stage_file
from recaller.jobs.running import JobRun
from recaller.services.imports import commit_import


def main() -> None:
    """Run both jobs of the batch named on the command line, in the scope given on standard input."""
    given = json.load(sys.stdin)
    batch = UUID(sys.argv[1])
    scope = Scope(
        tenant_id=UUID(given["tenant_id"]),
        user_id=UUID(given["user_id"]),
        role=Role.ADMIN,
        shared_space_id=UUID(given["shared"]),
        private_space_id=UUID(given["private"]),
        space_ids=(UUID(given["shared"]), UUID(given["private"])),
    )
    with work(scope) as w:
        row = w.row("SELECT job_id FROM import_batch WHERE id = :id", id=batch)
        assert row is not None
    began = perf_counter()
    stage_file(JobRun(scope, row.job_id, {"batch_id": str(batch)}))
    staged = perf_counter()
    with work(scope) as w:
        job = commit_import(w, batch)
        row = w.row("SELECT job_id FROM import_batch WHERE id = :id", id=batch)
        assert row is not None
        assert job.status == "committing"
    commit_file(JobRun(scope, row.job_id, {"batch_id": str(batch)}))
    done = perf_counter()
    json.dump(
        {"staging": staged - began, "committing": done - staged, "peak_mb": _peak_megabytes()}, sys.stdout
    )


def _peak_megabytes() -> float:
    """This process's own peak; getrusage's would include the memory of the process that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kilobytes) / 1024


if __name__ == "__main__":
    main()
