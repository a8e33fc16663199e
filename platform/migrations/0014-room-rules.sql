-- In: tenants. Out: the rules of a tenant for its rooms; without a row the defaults of messaging/core-rules.ts hold.
-- How long the archive goes back is no part of it: that is the tenant's rule in retention_rule.

create table room_rules (
  tenant_id text primary key references tenant (id),
  version integer not null,
  rules jsonb not null,
  updated_at timestamptz not null
);
call kontor_protect('room_rules');
grant select, insert, update on room_rules to kontor_app;
