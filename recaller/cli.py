"""The `recaller` command: start everything, or run one part or one task of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from recaller.core.errors import RecallerError
from recaller.infra.embedded import EmbeddedServerError, embedded_servers
from recaller.infra.frontend import BuildError, ensure_frontend, serving_environment
from recaller.infra.migrate import check_no_drift
from recaller.infra.migrate import migrate as run_migrations
from recaller.infra.supervise import ChildSpec, Supervisor, SupervisorError, answers_ready, require_free_port
from recaller.settings import CHECKOUT, Settings, SettingsError, get_settings, use_settings

app = typer.Typer(
    help="Recaller: a private home for a household's money, tasks and people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# What a person can put right; anything else is a fault of ours and shows where it happened.
_EXPECTED = (RecallerError, SettingsError, EmbeddedServerError, BuildError, SupervisorError)


class QueueName(StrEnum):
    """The queues; one worker process serves one of them."""

    CRITICAL = "critical"
    DEFAULT = "default"
    BULK = "bulk"


def main() -> NoReturn:
    """Run the command line; an expected failure prints one line and ends with code 1."""
    try:
        app()
    except ValidationError as error:
        for problem in error.errors():
            place = ".".join(map(str, problem["loc"]))
            typer.echo(
                f"error: {place + ': ' if place else ''}{problem['msg'].removeprefix('Value error, ')}",
                err=True,
            )
    except _EXPECTED as error:
        typer.echo(f"error: {error}", err=True)
    sys.exit(1)


@contextmanager
def running_settings() -> Iterator[Settings]:
    """Settings with servers behind them: those that are named, those that run already, or ones for this command."""
    with embedded_servers(get_settings()) as resolved:
        use_settings(resolved.settings)
        yield resolved.settings


@app.command()
def up() -> None:
    """Start all of Recaller: servers where none are named, migrations, pages, workers and scheduler."""
    settings = get_settings()
    require_free_port(settings.host, settings.port)
    typer.echo(f"Recaller starts; its data is in {settings.data_dir}")
    with embedded_servers(settings, join=False) as resolved:
        settings = resolved.settings
        use_settings(settings)
        run_migrations()
        ensure_frontend(settings)

        def tell_ready() -> None:
            typer.echo(f"Recaller is ready: {settings.base_url}  (data: {settings.data_dir}; Ctrl-C ends it)")

        Supervisor(
            _children(settings),
            servers=resolved.owned,
            is_ready=lambda: answers_ready(settings.host, settings.port),
            on_ready=tell_ready,
        ).run()
        typer.echo("Recaller ends.")
    sys.exit(0)


def _children(settings: Settings) -> list[ChildSpec]:
    environment = serving_environment(settings)
    commands = {
        "web": ["recaller.infra.web"],
    }
    return [
        ChildSpec(name, [sys.executable, "-m", *command], environment, CHECKOUT)
        for name, command in commands.items()
    ]


@app.command()
def web() -> None:
    """Serve pages and API only, against servers that run already (for one of several machines)."""
    settings = get_settings()
    with embedded_servers(settings) as resolved:
        if resolved.owned:
            raise SupervisorError(
                "No servers run: name them with DATABASE_URL and REDIS_URL, or use `recaller up`."
            )
        ensure_frontend(resolved.settings)
        environment = serving_environment(resolved.settings)
    os.chdir(CHECKOUT)
    os.execve(sys.executable, [sys.executable, "-m", "recaller.infra.web"], environment)  # noqa: S606


@app.command()
def build() -> None:
    """Build the front end if it is not current."""
    typer.echo("Built." if ensure_frontend(get_settings()) else "The front end is current.")


@app.command()
def migrate(
    check: Annotated[bool, typer.Option(help="Only tell whether models and migrations agree.")] = False,
) -> None:
    """Bring the database to the current schema."""
    with running_settings():
        run_migrations()
        if check:
            check_no_drift()


if __name__ == "__main__":
    main()
