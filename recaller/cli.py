"""The `recaller` command: start everything, or run one part or one task of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, NoReturn

import psycopg
import redis
import sqlalchemy.exc
import typer
from pydantic import ValidationError

from recaller.core.errors import RecallerError
from recaller.infra.embedded import EmbeddedServerError, embedded_servers, prepare_database
from recaller.infra.embedded.process import kill_forks_with_this_process
from recaller.infra.frontend import BuildError, ensure_frontend, serving_environment
from recaller.infra.migrate import check_no_drift
from recaller.infra.migrate import migrate as run_migrations
from recaller.infra.supervise import ChildSpec, Supervisor, SupervisorError, answers_ready, require_free_port
from recaller.jobs.pool import run_pool
from recaller.jobs.scheduler import run_scheduler
from recaller.jobs.worker import run_worker
from recaller.services.demo import create_demo_household
from recaller.services.households import rotate_keys
from recaller.services.identity.sign_up import NewHousehold, NewUser, create_user
from recaller.services.verify import verify_all
from recaller.settings import CHECKOUT, Settings, SettingsError, get_settings, libpq_url, use_settings

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
    TICKS = "ticks"


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
    except (sqlalchemy.exc.OperationalError, psycopg.OperationalError) as error:
        typer.echo(
            f"error: PostgreSQL doesn't serve us: {str(getattr(error, 'orig', error)).strip()}", err=True
        )
    except redis.ConnectionError as error:
        typer.echo(f"error: Redis doesn't serve us: {error}", err=True)
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
        "workers": ["recaller.cli", "worker"],
        "scheduler": ["recaller.cli", "scheduler"],
    }
    return [
        ChildSpec(
            name,
            [sys.executable, "-m", *command],
            environment,
            CHECKOUT,
            waits_for_ready=name != "web",
            # What a worker doesn't finish by then is done by the next one, from the beginning.
            grace_seconds=15 if name == "workers" else 5,
        )
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


@app.command("prepare-database")
def prepare(
    superuser_url: Annotated[
        str, typer.Argument(help="PostgreSQL URL of a superuser, ending in our database.")
    ],
) -> None:
    """Once, for a PostgreSQL of your own: make what only a superuser can (search extensions, fast search)."""
    with psycopg.connect(libpq_url(superuser_url), autocommit=True) as connection:
        prepare_database(connection)
    typer.echo("The database is prepared; now `recaller migrate` or `recaller up`.")


@app.command()
def worker(
    queue: Annotated[QueueName | None, typer.Option(help="One process on this queue only, no pool.")] = None,
    burst: Annotated[bool, typer.Option(help="With --queue: end when the queue is empty.")] = False,
) -> None:
    """Work on jobs until told to end: a pool for all queues that grows and shrinks with their length."""
    if burst and queue is None:
        raise typer.BadParameter("--burst needs --queue: a pool never ends by itself.")
    kill_forks_with_this_process()
    with running_settings() as settings:
        if queue is None:
            run_pool(settings)
        else:
            run_worker(queue.value, burst=burst)


@app.command()
def scheduler() -> None:
    """Tick what is due; several may run, one of them ticks."""
    kill_forks_with_this_process()
    with running_settings():
        run_scheduler()


@app.command()
def verify() -> None:
    """Recompute every balance, rollup and audit chain; ends with code 1 when anything drifted."""
    with running_settings():
        findings = verify_all()
    for finding in findings:
        typer.echo(f"household {finding.tenant_id}: {finding.check}: {finding.detail}")
    if findings:
        typer.echo(f"{len(findings)} findings.", err=True)
        sys.exit(1)
    typer.echo("Everything adds up.")


@app.command("rotate-keys")
def rotate_encryption_keys() -> None:
    """Put every stored secret under the first of RECALLER_ENCRYPTION_KEYS; the others can be dropped afterwards."""
    with running_settings():
        count = rotate_keys()
    typer.echo(f"{count} secrets are under the newest key now.")


@app.command()
def demo() -> None:
    """Create a user with a demo household: three years, eight accounts, two currencies; prints how to sign in."""
    with running_settings() as settings:
        run_migrations()
        made = create_demo_household()
    typer.echo(f"Sign in at {settings.base_url} as {made.email} with the password {made.password}")


user = typer.Typer(help="Manage people from the command line.", no_args_is_help=True)
app.add_typer(user, name="user")


@user.command("create")
def user_create(
    email: Annotated[str, typer.Option(prompt=True, help="Their e-mail address.")],
    name: Annotated[str, typer.Option(prompt=True, help="The name that others see.")],
    household: Annotated[str, typer.Option(prompt=True, help="The name of their household.")],
    currency: Annotated[str, typer.Option(help="The household's base currency (ISO 4217).")] = "USD",
    time_zone: Annotated[str, typer.Option(help="Where its days begin (IANA name).")] = "UTC",
    locale: Annotated[str, typer.Option(help="How dates and numbers are written.")] = "en_US",
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
) -> None:
    """Create a person with a household of their own, whatever the sign-up setting says."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    with running_settings():
        run_migrations()
        create_user(
            NewUser(email=email, password=password, display_name=name, locale=locale, time_zone=time_zone),
            NewHousehold(name=household, base_currency=currency, time_zone=time_zone),
        )
    typer.echo(f"{email} can sign in.")


if __name__ == "__main__":
    main()
