"""The reviewed list of SECURITY DEFINER functions: the only ways past the tenant wall.

Each answers one narrow question, takes only scalars, and runs with a fixed search path. They read identity
tables; the one exception is `jobs_to_requeue`, which reads ids (never contents) of unfinished jobs.
"""

from __future__ import annotations

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
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT j.tenant_id, j.id, j.queue, j.kind FROM job j
   WHERE (j.status = 'queued' AND j.created_at < queued_before)
      OR (j.status = 'running' AND j.heartbeat_at < silent_since)
   ORDER BY j.created_at LIMIT most
$$""",
    "job_owner(uuid)": """
CREATE FUNCTION job_owner(wanted uuid)
RETURNS TABLE (tenant_id uuid, space_id uuid, actor_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT j.tenant_id, j.space_id, j.actor_id FROM job j WHERE j.id = wanted
$$""",
}


def install(app_role: str) -> list[str]:
    """Return the statements that create every function and let only the application role call it."""
    statements: list[str] = []
    for signature, body in DEFINER_FUNCTIONS.items():
        statements.append(body.strip())
        statements.append(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")
        statements.append(f'GRANT EXECUTE ON FUNCTION {signature} TO "{app_role}"')
    return statements
