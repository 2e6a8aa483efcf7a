"""Real servers for the whole run, and a fresh database for each test, cloned from one migrated template."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import hypothesis
import psycopg
import pytest
from psycopg import sql
from redis import Redis

from recaller.core.scope import Scope
from recaller.infra import background, limits, redis_outage
from recaller.infra.db import engines
from recaller.infra.embedded import prepare_database, temporary_servers
from recaller.infra.migrate import migrate
from recaller.infra.queue import redis_connection
from recaller.infra.work import work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.starter import create_starter_accounts
from recaller.services.verify import verify_all
from recaller.settings import Settings, libpq_url, use_settings
from tests.support.households import Household, make_household
from tests.support.mail import MailServer, running_mail_server

CHECKOUT = Path(__file__).resolve().parent.parent
TEMPLATE = "recaller_template"
_numbers = itertools.count(1)
# No example fails because a machine is busy with other things.
hypothesis.settings.register_profile("untimed", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Among several processes, let begin first what may take longest: at the end none waits for another."""

    def allowed(item: pytest.Item) -> float:
        marker = item.get_closest_marker("timeout")
        return 0 if marker is None else float(marker.args[0])

    if hasattr(config, "workerinput"):
        items.sort(key=allowed, reverse=True)


@dataclass(frozen=True)
class Servers:
    """URLs of the running servers: superuser's and owner's (any database), and Redis."""

    superuser_url: str
    owner_url: str
    redis_url: str


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real bank files (never copied into the project)."""
    folder = Path(os.environ.get("RECALLER_SHARED_DATA", CHECKOUT.parent / "shared" / "data"))
    assert folder.is_dir(), f"{folder} is missing: set RECALLER_SHARED_DATA"
    return folder


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """A PostgreSQL and a Redis of this run's own."""
    with temporary_servers() as pair:
        yield Servers(pair.postgres.superuser_url, pair.postgres.owner_url, pair.redis.url)


def database_url(url: str, database: str) -> str:
    """Return `url` with another database name."""
    head, _, query = url.partition("?")
    base, _, _ = head.rpartition("/")
    return f"{base}/{database}" + (f"?{query}" if query else "")


def settings_for(servers: Servers, database: str) -> Settings:
    """Settings of a test process on one database; nothing from the environment but what is given here."""
    return Settings(
        _env_file=None,
        environment="test",
        database_url=database_url(servers.owner_url, database),
        redis_url=servers.redis_url,
        database_pool_size=5,
        database_pool_overflow=60,
        sign_up="open",
    )


def administer(servers: Servers, *statements: sql.Composed | str, database: str = "postgres") -> None:
    """Run statements as the superuser, each on its own (CREATE DATABASE allows no transaction)."""
    with psycopg.connect(
        libpq_url(database_url(servers.superuser_url, database)), autocommit=True
    ) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture(scope="session")
def template_database(servers: Servers) -> str:
    """A migrated, empty database that each test's own is cloned from."""
    name = sql.Identifier(TEMPLATE)
    administer(servers, sql.SQL("CREATE DATABASE {} OWNER recaller_owner").format(name))
    with psycopg.connect(
        libpq_url(database_url(servers.superuser_url, TEMPLATE)), autocommit=True
    ) as connection:
        prepare_database(connection)
    use_settings(settings_for(servers, TEMPLATE))
    migrate()
    engines.dispose()
    use_settings(None)
    return TEMPLATE


@pytest.fixture
def database(servers: Servers, template_database: str) -> Iterator[Settings]:
    """A clean database of the test's own, with the settings pointing at it; Redis is emptied too."""
    name = f"test_{next(_numbers)}"
    administer(
        servers,
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER recaller_owner STRATEGY file_copy").format(
            sql.Identifier(name), sql.Identifier(template_database)
        ),
    )
    settings = settings_for(servers, name)
    use_settings(settings)
    Redis.from_url(servers.redis_url).flushall()
    yield settings
    engines.dispose()
    redis_connection.cache_clear()
    redis_outage.end()
    background.forget()
    limits.forget_local_counts()
    use_settings(None)
    administer(servers, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def household(database: Settings) -> Household:
    """A household with one member, who administers it."""
    return make_household("Alder")


@pytest.fixture
def scope(household: Household) -> Scope:
    """The scope of that household's member, with the categories that every household begins with."""
    with work(household.scope) as w:
        create_starter_accounts(w)
    return household.scope


@pytest.fixture
def checking(scope: Scope) -> UUID:
    """A checking account in dollars that the whole household sees."""
    with work(scope) as w:
        return create_account(w, AccountDraft("Checking", "checking", "USD")).id


@pytest.fixture
def mail(database: Settings) -> Iterator[MailServer]:
    """A real SMTP server on this machine that the settings name."""
    with running_mail_server() as server:
        use_settings(server.settings(database))
        yield server


@pytest.fixture
def nothing_drifts(database: Settings) -> Iterator[None]:
    """Whatever a test does, the books are right afterwards (`pytest.mark.usefixtures("nothing_drifts")`)."""
    yield
    assert verify_all() == []


@pytest.fixture
def new_household(database: Settings) -> Callable[..., Household]:
    """A way to make further households."""
    return make_household
