"""What people call each kind of background job."""

from __future__ import annotations

JOB_NAMES: dict[str, str] = {
    "import.stage": "Read a bank file",
    "import.commit": "Add an import to the books",
    "budgets.check": "Check budgets after a change",
    "demo.fill": "Fill the household with demo data",
    "recurring.detect": "Look for payments that recur",
    "rules.apply": "Apply rules",
}


def job_name(kind: str) -> str:
    """Return the name of a kind of job; one that has none yet is told by its kind, in words."""
    return JOB_NAMES.get(kind) or kind.replace(".", " ").replace("_", " ").replace("-", " ").capitalize()
