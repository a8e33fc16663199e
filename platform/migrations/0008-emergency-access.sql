-- In: tenants, people. Out: what operators took for an emergency, kept where the tenant reads it.

create table emergency_access (
  -- The tenant that was entered, not that of the operator.
  tenant_id text not null references tenant (id),
  id uuid not null,
  person_tenant text not null,
  person_id uuid not null,
  -- As it was then: who reads this cannot see people of another tenant.
  name text not null,
  reason text not null,
  since timestamptz not null,
  until timestamptz not null,
  -- Set when it was given back before its time.
  ended_at timestamptz,
  primary key (tenant_id, id)
);
-- The newest first.
create index emergency_access_since on emergency_access (tenant_id, since desc);
call kontor_protect('emergency_access');
grant select, insert, update (ended_at) on emergency_access to kontor_app;
