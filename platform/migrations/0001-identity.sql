-- In: an empty database and its owner. Out: the application role, tenants, people and API tokens.
-- Every table with a tenant_id column has row-level security; the application role owns nothing.

do $$
begin
  if not exists (select from pg_roles where rolname = 'kontor_app') then
    create role kontor_app nologin nosuperuser nobypassrls;
  end if;
  -- Who creates a role may administer it, but from PostgreSQL 16 on not yet take it.
  execute format('grant kontor_app to %I', current_user);
end
$$;
grant usage on schema public to kontor_app;

-- The tenants of the running transaction, set by the application for each transaction.
create function kontor_tenants() returns text[]
  language sql stable parallel safe
  return string_to_array(coalesce(current_setting('kontor.tenants', true), ''), ',');

-- One policy for every tenant table. The sub-select is evaluated once a statement, not once a row.
create procedure kontor_protect(target regclass)
  language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format(
    'create policy tenant on %s to kontor_app using (tenant_id = any (array(select unnest(kontor_tenants()))))', target);
end
$$;
revoke execute on procedure kontor_protect(regclass) from public;

-- The operator's list of tenants: no tenant's data, so no row-level security; changed by the owner role only.
create table tenant (
  id text primary key check (id ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  domain text not null unique check (domain = lower(domain) and length(domain) <= 253),
  name text not null,
  contact text not null,
  deputy text not null,
  -- Domains of tenants this one agrees to federate with; it counts only when both agree.
  partners text[] not null default '{}',
  created_at timestamptz not null
);
grant select on tenant to kontor_app;

create table person (
  tenant_id text not null references tenant (id),
  id uuid not null,
  localpart text not null check (localpart = lower(localpart) and length(localpart) between 1 and 255),
  name text not null,
  roles text[] not null default '{}',
  created_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, localpart)
);
call kontor_protect('person');
grant select, insert, update, delete on person to kontor_app;

-- A token is looked up before its tenant is known: no row-level security, only the hash is stored.
create table api_token (
  hash text primary key,
  id uuid not null unique,
  tenant text references tenant (id),
  label text not null,
  scopes text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
grant select on api_token to kontor_app;
