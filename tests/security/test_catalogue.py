"""The wall, read off the database's own catalogue: every table is behind it, or on the short reviewed list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.exc import DBAPIError

from recaller.core.ids import new_id
from recaller.core.scope import Scope
from recaller.infra.db import engines
from recaller.infra.work import work
from recaller.models import metadata
from recaller.models.definer import DEFINER_FUNCTIONS
from recaller.models.security import IDENTITY_TABLES, SWEPT_TABLES, TENANT_TABLES, UNIFORM_POLICY
from recaller.settings import Settings, libpq_url
from tests.support.full_household import fill_every_table
from tests.support.households import Household

NOT_OURS = {"alembic_version"}
# The application role may not even read them: only definer functions answer.
NO_RIGHTS = {"credential", "sign_in_session"}

CATALOGUE = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns,
       ARRAY(SELECT p.polname::text || '|' || p.polcmd::text || '|' || p.polpermissive::text || '|'
              || array_to_string(p.polroles, ',')
              || '|' || pg_get_expr(p.polqual, c.oid) || '|' || coalesce(pg_get_expr(p.polwithcheck, c.oid), '')
              FROM pg_policy p WHERE p.polrelid = c.oid) AS policies,
       ARRAY(SELECT a.attname::text FROM pg_index i JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY k(n, o) ON true
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.n
             WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.o) AS primary_key
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'm', 'v', 'f')
"""


def tables_on(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    with connection.cursor(row_factory=psycopg.rows.namedtuple_row) as cursor:
        return {row.relname: row for row in cursor.execute(CATALOGUE)}


def holes_in(tables: dict[str, Any]) -> list[str]:
    """Return what is wrong with the wall, table by table."""
    uniform = {
        policy
        for row in tables.values()
        for policy in row.policies
        if policy.startswith(UNIFORM_POLICY + "|")
    }
    holes = [] if len(uniform) == 1 else [f"the policy {UNIFORM_POLICY} comes in {len(uniform)} forms"]
    for name, row in tables.items():
        if name in NOT_OURS:
            continue
        if not row.relrowsecurity:
            holes.append(f"{name}: row-level security is off")
        if name in IDENTITY_TABLES:
            continue
        if not row.relforcerowsecurity and name not in SWEPT_TABLES:
            holes.append(f"{name}: row-level security is not forced")
        if not {"tenant_id", "space_id"} <= set(row.columns):
            holes.append(f"{name}: no tenant_id and space_id")
        if [policy.split("|")[0] for policy in row.policies] != [UNIFORM_POLICY]:
            holes.append(f"{name}: not exactly the uniform policy")
        if row.primary_key[:1] != ["tenant_id"]:
            holes.append(f"{name}: the primary key doesn't lead with the tenant")
    return holes


@pytest.fixture
def owner(database: Settings) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(libpq_url(database.owner_url), autocommit=True) as connection:
        yield connection


@pytest.fixture
def app(database: Settings) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(libpq_url(database.app_url), autocommit=True) as connection:
        yield connection


def test_every_table_is_behind_the_wall(owner: psycopg.Connection[Any]) -> None:
    tables = tables_on(owner)
    assert set(tables) - NOT_OURS == set(metadata.tables)
    assert set(tables) - NOT_OURS - IDENTITY_TABLES == {rights.table for rights in TENANT_TABLES}
    assert holes_in(tables) == []


@pytest.mark.parametrize("table", sorted(rights.table for rights in TENANT_TABLES))
def test_a_missing_policy_is_noticed(owner: psycopg.Connection[Any], table: str) -> None:
    owner.execute(
        sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(UNIFORM_POLICY), sql.Identifier(table))
    )
    assert holes_in(tables_on(owner)) == [f"{table}: not exactly the uniform policy"]


def test_unforced_or_switched_off_security_is_noticed(owner: psycopg.Connection[Any]) -> None:
    owner.execute("ALTER TABLE payee NO FORCE ROW LEVEL SECURITY")
    owner.execute("ALTER TABLE tag DISABLE ROW LEVEL SECURITY")
    assert set(holes_in(tables_on(owner))) == {
        "payee: row-level security is not forced",
        "tag: row-level security is off",
    }


def test_the_application_role_owns_nothing_and_bypasses_nothing(app: psycopg.Connection[Any]) -> None:
    row = app.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert row == (False, False, False, False)
    owned = app.execute(
        "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
    ).fetchone()
    assert owned == (0,)


def test_definer_functions_are_the_reviewed_ones(owner: psycopg.Connection[Any]) -> None:
    found = {
        row[0]
        for row in owner.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = 'public' AND p.prosecdef"
        )
    }
    triggers = {"posting_inserted()", "posting_deleted()"}
    plain = {
        signature.replace("timestamptz", "timestamp with time zone").replace(", ", ",")
        for signature in DEFINER_FUNCTIONS
    }
    assert found - triggers == plain
    open_path = owner.execute(
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'"
        " AND p.prosecdef AND NOT EXISTS (SELECT 1 FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=pg_catalog%')"
    ).fetchall()
    assert open_path == []


def test_without_settings_no_table_gives_a_row(
    household: Household, owner: psycopg.Connection[Any], app: psycopg.Connection[Any]
) -> None:
    fill_every_table(household)
    for table in tables_on(owner):
        try:
            rows = app.execute(sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier(table))).fetchall()
        except psycopg.errors.InsufficientPrivilege:
            assert table in NO_RIGHTS | NOT_OURS
            continue
        assert rows == [], table


def test_the_owner_itself_sees_nothing_without_settings(
    household: Household, owner: psycopg.Connection[Any]
) -> None:
    fill_every_table(household)
    for rights in TENANT_TABLES:
        if rights.table not in SWEPT_TABLES:
            rows = owner.execute(
                sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier(rights.table))
            ).fetchall()
            assert rows == [], rights.table


def test_one_household_reads_writes_and_references_nothing_of_another(
    household: Household, new_household: Callable[..., Household], owner: psycopg.Connection[Any]
) -> None:
    victim = new_household("Birch")
    fill_every_table(household)
    fill_every_table(victim)
    for table, row in tables_on(owner).items():
        if table in NOT_OURS | NO_RIGHTS:
            continue
        quoted = f'"{table}"'
        key = "id" if table in {"tenant", "app_user"} else "tenant_id"
        theirs = victim.tenant_id if table != "app_user" else victim.user_id
        with work(household.scope) as w:
            assert w.rows(f"SELECT 1 FROM {quoted}"), f"{table} should hold rows of our own"
            assert w.rows(f"SELECT 1 FROM {quoted} WHERE {key} = :theirs", theirs=theirs) == [], table
        for statement in (
            f"UPDATE {quoted} SET {row.columns[-1]} = {row.columns[-1]} WHERE {key} = :theirs",
            f"DELETE FROM {quoted} WHERE {key} = :theirs",
        ):
            assert _touched(household.scope, statement, theirs) == 0, table
        if table in IDENTITY_TABLES:
            continue
        # A copy of one of our own rows, claimed for the other household, in its space.
        changed = {"tenant_id": ":theirs", "space_id": ":space"}
        columns = ", ".join(row.columns)
        values = ", ".join(changed.get(column, column) for column in row.columns)
        with (
            pytest.raises(DBAPIError, match=r"row-level security|permission denied"),
            work(household.scope) as w,
        ):
            w.run(f"INSERT INTO {quoted} ({columns}) SELECT {values} FROM {quoted} LIMIT 1",
                  theirs=victim.tenant_id, space=victim.scope.shared_space_id)  # fmt: skip


def _touched(scope: Scope, statement: str, theirs: UUID) -> int:
    """Return how many rows the statement reached; none when the role may not even try."""
    try:
        with work(scope) as w:
            return w.run(statement, theirs=theirs).rowcount
    except DBAPIError as refused:
        if "permission denied" in str(refused) or "append-only" in str(refused):
            return 0
        raise


def test_no_foreign_key_reaches_over_the_wall(owner: psycopg.Connection[Any]) -> None:
    """Every reference between tenant tables carries the tenant on both sides, in first place."""
    loose = owner.execute(
        """
        SELECT c.conrelid::regclass::text, c.conname FROM pg_constraint c
         WHERE c.contype = 'f' AND c.conrelid::regclass::text <> ALL(%s)
           AND ((SELECT attname FROM pg_attribute WHERE attrelid = c.conrelid AND attnum = c.conkey[1]) <> 'tenant_id'
             OR (SELECT attname FROM pg_attribute
                  WHERE attrelid = c.confrelid AND attnum = c.confkey[1]) <> 'tenant_id')
        """,
        [sorted(IDENTITY_TABLES)],
    ).fetchall()
    assert loose == []


def test_a_reference_into_another_household_is_refused(
    household: Household, new_household: Callable[..., Household]
) -> None:
    victim = new_household("Birch")
    fill_every_table(victim)
    fill_every_table(household)
    with work(victim.scope) as w:
        stolen = {
            table: w.rows(f'SELECT id FROM "{table}" LIMIT 1')[0].id
            for table in ("account", "payee", "import_batch")
        }
    references = (
        ("transaction", "account_id", stolen["account"]),
        ("transaction", "category_id", stolen["account"]),
        ("transaction", "counter_account_id", stolen["account"]),
        ("transaction", "payee_id", stolen["payee"]),
        ("transaction", "batch_id", stolen["import_batch"]),
        ("account", "parent_id", stolen["account"]),
        ("payee", "default_category_id", stolen["account"]),
        ("import_batch", "account_id", stolen["account"]),
        ("import_profile", "account_id", stolen["account"]),
    )
    for table, column, target in references:
        with pytest.raises(DBAPIError, match="foreign key"), work(household.scope) as w:
            w.run(f'UPDATE "{table}" SET {column} = :target', target=target)


def test_settings_end_with_their_transaction(household: Household) -> None:
    with work(household.scope) as w:
        fill = w.rows("SELECT 1 FROM space")
    assert fill
    with engines.writer().connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM space").scalar() == 0


def test_a_made_up_tenant_sees_nothing(household: Household) -> None:
    fill_every_table(household)
    stranger = replace(household.scope, tenant_id=new_id(), space_ids=(UUID(int=0),))
    with work(stranger) as w:
        for rights in TENANT_TABLES:
            assert w.rows(f'SELECT 1 FROM "{rights.table}"') == []
