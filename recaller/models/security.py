"""The tenant wall in SQL: roles, the uniform row policy, the ledger's triggers, and the reviewed definer functions.

Migrations call these once per table; the catalogue test compares the database with them.
"""

from __future__ import annotations

from dataclasses import dataclass

# Read through a sub-select, so that PostgreSQL evaluates each setting once per query, not once per row.
TENANT_SETTING = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"
SPACES_SETTING = "(SELECT nullif(current_setting('app.space_ids', true), '')::uuid[])"
USER_SETTING = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"

UNIFORM_POLICY = "tenant_wall"
UNIFORM_CONDITION = f"tenant_id = {TENANT_SETTING} AND space_id = ANY ({SPACES_SETTING}::uuid[])"

# Tables above the wall: who may sign in, to which households. Not FORCEd, because the definer functions below
# (owned by the migration role) look across tenants here and nowhere else. Each has a policy of its own, and
# without settings the application role sees no row of any of them.
IDENTITY_TABLES = frozenset(
    {"app_user", "credential", "sign_in_session", "tenant", "membership", "space", "invitation"}
)

# Carry tenant_id, space_id and the uniform policy, but aren't FORCEd: the sweeps that find jobs whose worker died
# (definer function `jobs_to_requeue`), daily work that is due (`daily_work_*`) and notifications to be delivered
# (`deliveries_to_hand_over`) look across tenants.
SWEPT_TABLES = frozenset({"job", "daily_work", "notification_delivery"})


@dataclass(frozen=True, slots=True)
class TableRights:
    """What the application role may do with a table; `update` limits updates to these columns."""

    table: str
    select: bool = True
    insert: bool = True
    update: tuple[str, ...] | bool = True
    delete: bool = True


TENANT_TABLES: tuple[TableRights, ...] = (
    TableRights("account"),
    TableRights("payee"),
    TableRights("tag"),
    TableRights("transaction"),
    TableRights("posting", update=("cleared", "reconciled", "memo", "import_id")),
    TableRights("transaction_tag"),
    TableRights("account_month", insert=False, update=False, delete=False),
    TableRights("exchange_rate"),
    TableRights("transfer_merge", update=False),
    TableRights("transfer_dismissal", update=False),
    TableRights("import_profile"),
    TableRights("import_batch"),
    TableRights("import_row"),
    TableRights("audit_event", update=False, delete=False),
    TableRights("audit_head", delete=False),
    TableRights("idempotency_key"),
    TableRights("job"),
    TableRights("household_settings", delete=False),
    TableRights("recurring", delete=False),
    TableRights("recurring_line"),
    TableRights("recurring_tag"),
    TableRights("occurrence"),
    TableRights("daily_work"),
    TableRights("daily_run"),
    TableRights("item_error"),
    TableRights("notification"),
    TableRights("notification_channel"),
    TableRights("notification_delivery"),
    TableRights("notification_preference"),
    TableRights("notification_schedule"),
    TableRights("recurring_suggestion"),
    TableRights("import_settlement"),
    TableRights("budget", delete=False),
    TableRights("budget_line"),
    TableRights("budget_assignment"),
    TableRights("budget_move", update=("undone_at",), delete=False),
    TableRights("budget_alert", update=False, delete=False),
    TableRights("rule"),
    TableRights("rule_run", delete=False),
    TableRights("rule_change", update=("conflict",), delete=False),
    TableRights("field_origin"),
    TableRights("rule_suggestion_dismissal"),
    TableRights("calendar_feed"),
)


def grant(rights: TableRights, app_role: str) -> str:
    """Return the GRANT statements of one table."""
    verbs = [
        verb
        for verb, allowed in (
            ("SELECT", rights.select),
            ("INSERT", rights.insert),
            ("UPDATE", rights.update is True),
            ("DELETE", rights.delete),
        )
        if allowed
    ]
    statements = [f'GRANT {", ".join(verbs)} ON "{rights.table}" TO "{app_role}"']
    if isinstance(rights.update, tuple):
        columns = ", ".join(rights.update)
        statements.append(f'GRANT UPDATE ({columns}) ON "{rights.table}" TO "{app_role}"')
    return ";\n".join(statements)


def wall(table: str) -> str:
    """Return the statements that put a tenant table behind the wall: forced row security, one policy."""
    force = "" if table in SWEPT_TABLES else f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY;\n'
    return (
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY;\n{force}'
        f'CREATE POLICY {UNIFORM_POLICY} ON "{table}" '
        f"USING ({UNIFORM_CONDITION}) WITH CHECK ({UNIFORM_CONDITION})"
    )


def identity_wall(app_role: str) -> str:
    """Return row security and rights of the identity tables."""
    member = f"(SELECT user_id FROM membership WHERE tenant_id = {TENANT_SETTING})"
    return f"""
ALTER TABLE app_user ENABLE ROW LEVEL SECURITY;
ALTER TABLE credential ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE space ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitation ENABLE ROW LEVEL SECURITY;
CREATE POLICY fellow_members ON app_user FOR SELECT
  USING (id = {USER_SETTING} OR id IN {member});
CREATE POLICY oneself ON app_user FOR UPDATE
  USING (id = {USER_SETTING}) WITH CHECK (id = {USER_SETTING});
CREATE POLICY own_tenant ON tenant
  USING (id = {TENANT_SETTING}) WITH CHECK (id = {TENANT_SETTING});
CREATE POLICY own_tenant ON membership
  USING (tenant_id = {TENANT_SETTING}) WITH CHECK (tenant_id = {TENANT_SETTING});
CREATE POLICY own_tenant ON space
  USING (tenant_id = {TENANT_SETTING}) WITH CHECK (tenant_id = {TENANT_SETTING});
CREATE POLICY own_tenant ON invitation
  USING (tenant_id = {TENANT_SETTING}) WITH CHECK (tenant_id = {TENANT_SETTING});
GRANT SELECT ON app_user, tenant, membership, space, invitation TO "{app_role}";
GRANT UPDATE (display_name, locale, time_zone, theme, first_weekday) ON app_user TO "{app_role}";
GRANT UPDATE (name, base_currency, time_zone) ON tenant TO "{app_role}";
GRANT INSERT, DELETE ON membership, invitation TO "{app_role}";
GRANT UPDATE (role, active) ON membership TO "{app_role}";
GRANT INSERT ON space TO "{app_role}"
"""


# Statement-level: the transition table holds all rows of the statement, and each statement must leave every
# transaction that it touches unchanged in sum. An empty journal is balanced, so by induction every journal is;
# nothing outside the statement is read, so rows that the writer can't see can't hide an imbalance.
# Rollups are written row by row in key order: a fixed lock order, and the only form that Citus accepts.
LEDGER_TRIGGERS = """
CREATE FUNCTION posting_roll_up(delta_tenant uuid, delta_account uuid, delta_month date, delta_currency varchar,
                                delta_space uuid, delta_in bigint, delta_out bigint, delta_count bigint)
RETURNS void LANGUAGE sql SET search_path = pg_catalog, public AS $$
  INSERT INTO account_month AS m (tenant_id, account_id, month, currency, space_id, inflow, outflow, count)
  VALUES (delta_tenant, delta_account, delta_month, delta_currency, delta_space, delta_in, delta_out, delta_count)
  ON CONFLICT (tenant_id, account_id, month, currency, space_id) DO UPDATE
  SET inflow = m.inflow + excluded.inflow, outflow = m.outflow + excluded.outflow, count = m.count + excluded.count
$$;

CREATE FUNCTION posting_inserted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE r record;
BEGIN
  SELECT transaction_id, currency, sum(amount) AS excess INTO r FROM added
   GROUP BY tenant_id, transaction_id, currency HAVING sum(amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'transaction % does not balance: % is off by % minor units', r.transaction_id, r.currency, r.excess
      USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_balanced';
  END IF;
  FOR r IN SELECT tenant_id, account_id, date_trunc('month', date)::date AS month, currency, space_id,
                  sum(greatest(amount, 0))::bigint AS inflow, sum(least(amount, 0))::bigint AS outflow, count(*) AS n
             FROM added GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
  LOOP
    PERFORM posting_roll_up(r.tenant_id, r.account_id, r.month, r.currency, r.space_id, r.inflow, r.outflow, r.n);
  END LOOP;
  RETURN NULL;
END $$;

CREATE FUNCTION posting_deleted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE r record;
BEGIN
  SELECT transaction_id, currency, sum(amount) AS excess INTO r FROM removed
   GROUP BY tenant_id, transaction_id, currency HAVING sum(amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'transaction % does not balance: % would be off by % minor units',
      r.transaction_id, r.currency, -r.excess USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_balanced';
  END IF;
  FOR r IN SELECT tenant_id, account_id, date_trunc('month', date)::date AS month, currency, space_id,
                  sum(greatest(amount, 0))::bigint AS inflow, sum(least(amount, 0))::bigint AS outflow, count(*) AS n
             FROM removed GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
  LOOP
    PERFORM posting_roll_up(r.tenant_id, r.account_id, r.month, r.currency, r.space_id, -r.inflow, -r.outflow, -r.n);
    DELETE FROM account_month WHERE tenant_id = r.tenant_id AND account_id = r.account_id AND month = r.month
       AND currency = r.currency AND space_id = r.space_id AND count = 0;
  END LOOP;
  RETURN NULL;
END $$;

CREATE FUNCTION posting_immutable() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  RAISE EXCEPTION 'the money of a posting never changes: delete its transaction''s postings and write new ones'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_immutable';
END $$;

CREATE TRIGGER posting_inserted AFTER INSERT ON posting REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION posting_inserted();
CREATE TRIGGER posting_deleted AFTER DELETE ON posting REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION posting_deleted();
CREATE TRIGGER posting_immutable
  BEFORE UPDATE OF tenant_id, space_id, transaction_id, line, account_id, date, amount, currency ON posting
  FOR EACH ROW EXECUTE FUNCTION posting_immutable();

CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_append_only';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();

REVOKE EXECUTE ON FUNCTION posting_roll_up(uuid, uuid, date, varchar, uuid, bigint, bigint, bigint) FROM PUBLIC;
"""
