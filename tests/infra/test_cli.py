"""The command line: every command explains itself, and an expected failure is one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recaller.cli import QueueName, app
from recaller.infra.queue import QUEUES
from recaller.settings import CHECKOUT
from tests.support.waiting import PATIENCE_SECONDS

COMMANDS = [
    "up",
    "web",
    "build",
    "migrate",
    "prepare-database",
    "worker",
    "scheduler",
    "verify",
    "user create",
]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("RECALLER_", "DATABASE_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "recaller.cli", *arguments],
        cwd=CHECKOUT,
        env={**plain, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str) -> None:
    answer = CliRunner().invoke(app, [*command.split(), "--help"])
    assert answer.exit_code == 0
    assert "Usage" in answer.output


def test_there_is_a_worker_for_each_queue() -> None:
    assert tuple(QueueName) == QUEUES


def test_production_without_a_secret_refuses_to_start(tmp_path: Path) -> None:
    answer = run(
        "up",
        DATABASE_URL="postgresql://nobody@localhost:1/nothing",
        RECALLER_DATA_DIR=str(tmp_path),
        RECALLER_ENV="production",
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: RECALLER_SECRET_KEY is missing")
    assert "Traceback" not in answer.stderr


def test_a_wrong_value_names_its_variable() -> None:
    answer = run("verify", PORT="99999")
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: PORT: ")


def test_a_database_that_is_away_is_one_line(tmp_path: Path) -> None:
    answer = run(
        "migrate",
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
        REDIS_URL="redis://127.0.0.1:1/0",
        RECALLER_DATA_DIR=str(tmp_path),
        RECALLER_ENV="test",
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: PostgreSQL doesn't serve us")
    assert "Traceback" not in answer.stderr
