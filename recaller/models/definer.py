"""The reviewed list of SECURITY DEFINER functions: the only ways past the tenant wall.

Each answers one narrow question, takes scalars or lists of ids, and runs with a fixed search path. They read identity
tables; the exceptions give ids (never contents) of unfinished jobs (`jobs_to_requeue`), of daily work that is due
(`daily_work_*`, `households_to_plan`), and of whom something is to be delivered to (`deliveries_to_hand_over`).
"""

from __future__ import annotations

from collections.abc import Iterable

# Name with argument types -> SQL. Order matters only for reading.
DEFINER_FUNCTIONS: dict[str, str] = {
    "auth_any_user()": """
CREATE FUNCTION auth_any_user() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (SELECT 1 FROM app_user)
$$""",
    "auth_user_by_email(text)": """
CREATE FUNCTION auth_user_by_email(wanted text)
RETURNS TABLE (user_id uuid, password_hash varchar, active boolean, changed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT u.id, c.password_hash, u.active, c.changed_at FROM app_user u JOIN credential c ON c.user_id = u.id
   WHERE u.email = lower(wanted)
$$""",
    "auth_user(uuid)": """
CREATE FUNCTION auth_user(wanted uuid)
RETURNS TABLE (user_id uuid, email varchar, display_name varchar, password_hash varchar, active boolean,
               super_admin boolean, locale varchar, time_zone varchar, theme varchar, first_weekday integer,
               changed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT u.id, u.email, u.display_name, c.password_hash, u.active, u.super_admin, u.locale, u.time_zone, u.theme,
         u.first_weekday, c.changed_at
    FROM app_user u JOIN credential c ON c.user_id = u.id WHERE u.id = wanted
$$""",
    "auth_memberships(uuid)": """
CREATE FUNCTION auth_memberships(wanted uuid)
RETURNS TABLE (tenant_id uuid, tenant_name varchar, role varchar, base_currency varchar, tenant_time_zone varchar,
               shared_space_id uuid, private_space_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT t.id, t.name, m.role, t.base_currency, t.time_zone, s.id, p.id
    FROM membership m
    JOIN tenant t ON t.id = m.tenant_id
    JOIN space s ON s.tenant_id = t.id AND s.kind = 'shared'
    LEFT JOIN space p ON p.tenant_id = t.id AND p.owner_user_id = m.user_id
   WHERE m.user_id = wanted AND m.active ORDER BY m.created_at, t.id
$$""",
    "auth_tenant(uuid)": """
CREATE FUNCTION auth_tenant(wanted uuid)
RETURNS TABLE (tenant_id uuid, tenant_name varchar, base_currency varchar, tenant_time_zone varchar,
               shared_space_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT t.id, t.name, t.base_currency, t.time_zone, s.id
    FROM tenant t JOIN space s ON s.tenant_id = t.id AND s.kind = 'shared' WHERE t.id = wanted
$$""",
    "auth_create_user(uuid, text, text, text, text, text, boolean)": """
CREATE FUNCTION auth_create_user(new_id uuid, new_email text, new_name text, new_hash text, new_locale text,
                                 new_time_zone text, first_only boolean)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE is_first boolean;
BEGIN
  -- Two first sign-ups at once must not both become super administrators.
  PERFORM pg_advisory_xact_lock(hashtext('recaller.first_user'));
  is_first := NOT EXISTS (SELECT 1 FROM app_user);
  IF first_only AND NOT is_first THEN
    RAISE EXCEPTION 'sign-up is by invitation' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO app_user (id, email, display_name, super_admin, locale, time_zone)
  VALUES (new_id, lower(new_email), new_name, is_first, new_locale, new_time_zone);
  INSERT INTO credential (user_id, password_hash) VALUES (new_id, new_hash);
  RETURN is_first;
END $$""",
    "auth_create_household(uuid, uuid, text, text, text, uuid, uuid)": """
CREATE FUNCTION auth_create_household(owner uuid, new_tenant uuid, new_name text, new_currency text,
                                      new_time_zone text, new_shared uuid, new_private uuid)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  INSERT INTO tenant (id, name, base_currency, time_zone) VALUES (new_tenant, new_name, new_currency, new_time_zone);
  INSERT INTO membership (tenant_id, user_id, role) VALUES (new_tenant, owner, 'admin');
  INSERT INTO space (tenant_id, id, kind) VALUES (new_tenant, new_shared, 'shared');
  INSERT INTO space (tenant_id, id, kind, owner_user_id) VALUES (new_tenant, new_private, 'private', owner);
END $$""",
    "auth_change_password(uuid, text)": """
CREATE FUNCTION auth_change_password(wanted uuid, new_hash text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  UPDATE credential SET password_hash = new_hash, changed_at = now() WHERE user_id = wanted
$$""",
    "auth_rehash_password(uuid, text, text)": """
CREATE FUNCTION auth_rehash_password(wanted uuid, old_hash text, new_hash text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  -- The same password under newer parameters: `changed_at` stays, so no session ends.
  UPDATE credential SET password_hash = new_hash WHERE user_id = wanted AND password_hash = old_hash
$$""",
    "auth_invitation(bytea)": """
CREATE FUNCTION auth_invitation(wanted bytea)
RETURNS TABLE (tenant_id uuid, invitation_id uuid, tenant_name varchar, email varchar, role varchar,
               expires_at timestamptz, shared_space_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT i.tenant_id, i.id, t.name, i.email, i.role, i.expires_at, s.id
    FROM invitation i JOIN tenant t ON t.id = i.tenant_id
    JOIN space s ON s.tenant_id = t.id AND s.kind = 'shared'
   WHERE i.token_hash = wanted AND i.accepted_at IS NULL
$$""",
    "auth_accept_invitation(bytea, uuid, uuid)": """
CREATE FUNCTION auth_accept_invitation(wanted bytea, joining uuid, new_private uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE found_row invitation;
BEGIN
  UPDATE invitation SET accepted_at = now()
   WHERE token_hash = wanted AND accepted_at IS NULL AND expires_at > now()
     AND email = (SELECT u.email FROM app_user u WHERE u.id = joining) RETURNING * INTO found_row;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  INSERT INTO membership (tenant_id, user_id, role) VALUES (found_row.tenant_id, joining, found_row.role)
  ON CONFLICT DO NOTHING;
  INSERT INTO space (tenant_id, id, kind, owner_user_id)
  VALUES (found_row.tenant_id, new_private, 'private', joining) ON CONFLICT DO NOTHING;
  RETURN found_row.tenant_id;
END $$""",
    "tenants_with_spaces()": """
CREATE FUNCTION tenants_with_spaces()
RETURNS TABLE (tenant_id uuid, tenant_name varchar, base_currency varchar, time_zone varchar,
               shared_space_id uuid, space_ids uuid[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT t.id, t.name, t.base_currency, t.time_zone,
         (SELECT s.id FROM space s WHERE s.tenant_id = t.id AND s.kind = 'shared'),
         (SELECT array_agg(s.id ORDER BY s.id) FROM space s WHERE s.tenant_id = t.id)
    FROM tenant t ORDER BY t.id
$$""",
    "jobs_to_requeue(timestamptz, timestamptz, integer)": """
CREATE FUNCTION jobs_to_requeue(queued_before timestamptz, silent_since timestamptz, most integer)
RETURNS TABLE (tenant_id uuid, job_id uuid, queue varchar, kind varchar)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  -- Notes when they were handed over, so that the next tick leaves them alone, and those behind them have their turn.
  WITH lost AS (
    SELECT j.tenant_id, j.id FROM job j
     WHERE ((j.status = 'queued' AND j.created_at < queued_before)
            OR (j.status = 'running' AND j.heartbeat_at < silent_since))
       AND (j.handed_at IS NULL OR j.handed_at < queued_before)
     ORDER BY coalesce(j.handed_at, j.created_at) LIMIT most FOR UPDATE SKIP LOCKED),
  handed AS (
    UPDATE job j SET handed_at = now() FROM lost l
     WHERE j.tenant_id = l.tenant_id AND j.id = l.id RETURNING j.tenant_id, j.id, j.queue, j.kind, j.created_at)
  SELECT h.tenant_id, h.id, h.queue, h.kind FROM handed h ORDER BY h.created_at
$$""",
    "deliveries_to_hand_over(timestamptz, timestamptz, integer)": """
CREATE FUNCTION deliveries_to_hand_over(due timestamptz, handed_before timestamptz, most integer)
RETURNS TABLE (tenant_id uuid, space_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  -- Notes when they were handed over, so that the next tick leaves them alone while a worker is on its way to them.
  WITH picked AS (
    SELECT d.tenant_id, d.id FROM notification_delivery d
     WHERE d.state IN ('queued', 'sending', 'handing_over') AND d.next_at <= due
       AND (d.handed_at IS NULL OR d.handed_at < handed_before)
     ORDER BY d.next_at LIMIT most FOR UPDATE SKIP LOCKED),
  handed AS (
    UPDATE notification_delivery d SET handed_at = due FROM picked p
     WHERE d.tenant_id = p.tenant_id AND d.id = p.id RETURNING d.tenant_id, d.space_id)
  SELECT DISTINCT h.tenant_id, h.space_id FROM handed h
$$""",
    "job_owner(uuid)": """
CREATE FUNCTION job_owner(wanted uuid)
RETURNS TABLE (tenant_id uuid, space_id uuid, actor_id uuid, kind varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT j.tenant_id, j.space_id, j.actor_id, j.kind FROM job j WHERE j.id = wanted
$$""",
    "households_with_spaces(uuid[])": """
CREATE FUNCTION households_with_spaces(wanted uuid[])
RETURNS TABLE (tenant_id uuid, tenant_name varchar, base_currency varchar, time_zone varchar,
               shared_space_id uuid, space_ids uuid[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT t.id, t.name, t.base_currency, t.time_zone,
         (SELECT s.id FROM space s WHERE s.tenant_id = t.id AND s.kind = 'shared'),
         (SELECT array_agg(s.id ORDER BY s.id) FROM space s WHERE s.tenant_id = t.id)
    FROM tenant t WHERE t.id = ANY (wanted)
$$""",
    "households_to_plan(text[], integer)": """
CREATE FUNCTION households_to_plan(kinds text[], most integer)
RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  -- Households that lack a row of one of these kinds, or moved to another time zone since it was planned.
  SELECT t.id FROM tenant t
   WHERE (SELECT count(*) FROM daily_work d
           WHERE d.tenant_id = t.id AND d.kind = ANY (kinds) AND d.zone = t.time_zone) < cardinality(kinds)
   ORDER BY t.id LIMIT most
$$""",
    "daily_work_due(timestamptz, text[], integer)": """
CREATE FUNCTION daily_work_due(moment timestamptz, kinds text[], most integer)
RETURNS TABLE (tenant_id uuid, kind varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT d.tenant_id, d.kind FROM daily_work d WHERE d.next_at <= moment AND d.kind = ANY (kinds)
   ORDER BY d.next_at, d.tenant_id, d.kind LIMIT most
$$""",
    "daily_work_hand_over(timestamptz, timestamptz, text[], integer)": """
CREATE FUNCTION daily_work_hand_over(moment timestamptz, handed_before timestamptz, kinds text[], most integer)
RETURNS TABLE (tenant_id uuid, kind varchar, starts smallint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  -- Marks what it returns, so that two ticks at once, or one after the other, don't hand over the same work.
  WITH due AS (
    SELECT d.tenant_id, d.kind FROM daily_work d
     WHERE d.next_at <= moment AND d.kind = ANY (kinds) AND (d.handed_at IS NULL OR d.handed_at < handed_before)
     ORDER BY d.next_at, d.tenant_id, d.kind LIMIT most FOR UPDATE SKIP LOCKED
  ), marked AS (
    UPDATE daily_work d SET handed_at = moment FROM due
     WHERE d.tenant_id = due.tenant_id AND d.kind = due.kind RETURNING d.tenant_id, d.kind, d.starts, d.next_at
  )
  SELECT m.tenant_id, m.kind, m.starts FROM marked m ORDER BY m.next_at, m.tenant_id, m.kind
$$""",
    "session_open(text, uuid, text, uuid, text, text, text, text, timestamptz, timestamptz, integer)": """
CREATE FUNCTION session_open(new_id text, owner uuid, new_kind text, household uuid, epoch text, agent text,
                             address text, new_seed text, at timestamptz, until timestamptz, most integer)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  DELETE FROM sign_in_session WHERE id IN (
    SELECT s.id FROM sign_in_session s WHERE s.user_id = owner ORDER BY s.last_seen_at DESC OFFSET most - 1);
  INSERT INTO sign_in_session (id, user_id, kind, tenant_id, password_epoch, created_at, last_seen_at, expires_at,
                               user_agent, ip, seed)
  VALUES (new_id, owner, new_kind, household, epoch, at, at, until, agent, address, new_seed)
$$""",
    "session_read(text, timestamptz)": """
CREATE FUNCTION session_read(wanted text, at timestamptz)
RETURNS TABLE (id varchar, user_id uuid, kind varchar, tenant_id uuid, password_epoch varchar, created_at timestamptz,
               last_seen_at timestamptz, user_agent varchar, ip varchar, generation integer, seed varchar,
               access_tenant_id uuid, access_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT s.id, s.user_id, s.kind, s.tenant_id, s.password_epoch, s.created_at, s.last_seen_at, s.user_agent, s.ip,
         s.generation, s.seed, s.access_tenant_id, s.access_until FROM sign_in_session s
   WHERE s.id = wanted AND s.expires_at > at
$$""",
    "session_touch(text, timestamptz, timestamptz)": """
CREATE FUNCTION session_touch(wanted text, at timestamptz, until timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  UPDATE sign_in_session SET last_seen_at = at, expires_at = coalesce(until, expires_at) WHERE id = wanted
$$""",
    "sessions_of(uuid, timestamptz)": """
CREATE FUNCTION sessions_of(owner uuid, at timestamptz)
RETURNS TABLE (id varchar, user_id uuid, kind varchar, tenant_id uuid, password_epoch varchar, created_at timestamptz,
               last_seen_at timestamptz, user_agent varchar, ip varchar, generation integer, seed varchar,
               access_tenant_id uuid, access_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT s.id, s.user_id, s.kind, s.tenant_id, s.password_epoch, s.created_at, s.last_seen_at, s.user_agent, s.ip,
         s.generation, s.seed, s.access_tenant_id, s.access_until FROM sign_in_session s
   WHERE s.user_id = owner AND s.expires_at > at ORDER BY s.last_seen_at DESC, s.id
$$""",
    "sessions_end(uuid, text[])": """
CREATE FUNCTION sessions_end(owner uuid, wanted text[]) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH gone AS (DELETE FROM sign_in_session WHERE user_id = owner AND id = ANY (wanted) RETURNING 1)
  SELECT count(*)::integer FROM gone
$$""",
    "session_set_tenant(text, uuid)": """
CREATE FUNCTION session_set_tenant(wanted text, household uuid) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH done AS (UPDATE sign_in_session SET tenant_id = household WHERE id = wanted RETURNING 1)
  SELECT EXISTS (SELECT 1 FROM done)
$$""",
    "session_set_epoch(text, text)": """
CREATE FUNCTION session_set_epoch(wanted text, epoch text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH done AS (UPDATE sign_in_session SET password_epoch = epoch WHERE id = wanted RETURNING 1)
  SELECT EXISTS (SELECT 1 FROM done)
$$""",
    "session_set_access(text, uuid, timestamptz)": """
CREATE FUNCTION session_set_access(wanted text, household uuid, until timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH done AS (UPDATE sign_in_session SET access_tenant_id = household, access_until = until WHERE id = wanted
                RETURNING 1)
  SELECT EXISTS (SELECT 1 FROM done)
$$""",
    "session_rotate(text, integer, timestamptz, timestamptz, timestamptz)": """
CREATE FUNCTION session_rotate(wanted text, shown integer, at timestamptz, grace_from timestamptz,
                               until timestamptz)
RETURNS TABLE (outcome text, current_generation integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE family sign_in_session;
BEGIN
  SELECT * INTO family FROM sign_in_session s WHERE s.id = wanted AND s.expires_at > at FOR UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'gone', 0;
  ELSIF shown = family.generation THEN
    UPDATE sign_in_session SET generation = shown + 1, rotated_at = at, last_seen_at = at, expires_at = until
     WHERE id = wanted;
    RETURN QUERY SELECT 'rotated', shown + 1;
  ELSIF shown = family.generation - 1 AND family.rotated_at >= grace_from THEN
    RETURN QUERY SELECT 'repeated', family.generation;
  ELSE
    -- Somebody shows a token that was traded in before: the whole family ends.
    DELETE FROM sign_in_session WHERE id = wanted;
    RETURN QUERY SELECT 'reused', 0;
  END IF;
END $$""",
    "sessions_forget(timestamptz)": """
CREATE FUNCTION sessions_forget(at timestamptz) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH gone AS (DELETE FROM sign_in_session WHERE expires_at <= at RETURNING 1)
  SELECT count(*)::integer FROM gone
$$""",
}


def install(app_role: str, signatures: Iterable[str]) -> list[str]:
    """Return the statements that create these functions and let only the application role call them.

    An older revision installs them in today's words, which may speak of columns that a later one adds: the bodies are
    checked when they are called.
    """
    statements = ["SET LOCAL check_function_bodies = off"]
    for signature in signatures:
        statements.append(DEFINER_FUNCTIONS[signature].strip())
        statements.append(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")
        statements.append(f'GRANT EXECUTE ON FUNCTION {signature} TO "{app_role}"')
    return statements
