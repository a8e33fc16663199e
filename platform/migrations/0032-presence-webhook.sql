-- In: tenants, people. Out: addresses that are told when presence changes, and of whom each was told something. There is
-- no queue of what is to be told and no record of what was: a delivery carries the present state.

create table presence_webhook (
  tenant_id text not null references tenant (id),
  id uuid not null,
  url text not null check (length(url) <= 500),
  -- Null: about everybody. Not a foreign key: without its group a webhook is about nobody, never about everybody.
  group_id uuid,
  -- [{sealed, until}], the newest first, under which each delivery is signed; until when (null: for good). AES-256-GCM,
  -- bound to tenant and webhook.
  secrets jsonb not null,
  state text not null default 'active' check (state in ('active', 'failing', 'off')),
  -- Why it is off: switched off, answered that it is gone, or failed for days.
  off_reason text check (off_reason in ('switched-off', 'gone', 'failing')),
  version integer not null default 1,
  created_at timestamptz not null,
  -- Up to which change it was told; null: of none.
  generation text,
  seq bigint,
  -- Whether it was told last that the state of the tenant is known.
  known boolean not null default false,
  -- Counts deliveries that were begun, and changes of what is delivered where: only the latest may write what came of it.
  attempt bigint not null default 0,
  -- Until then a worker has it, unless it died.
  lease_until timestamptz,
  failures integer not null default 0,
  failing_since timestamptz,
  next_at timestamptz not null,
  -- What came of the last delivery.
  last_at timestamptz,
  last_status smallint,
  last_problem text,
  primary key (tenant_id, id),
  check ((generation is null) = (seq is null)),
  check ((state = 'off') = (off_reason is not null))
);
-- What workers look for.
create index presence_webhook_due on presence_webhook (next_at) where state <> 'off';
call kontor_protect('presence_webhook');
grant select, insert, update, delete on presence_webhook to kontor_app;

-- Whom a webhook was shown, so that it is told once when it may see somebody no more. No state and no time of anybody.
create table presence_webhook_told (
  tenant_id text not null,
  webhook_id uuid not null,
  localpart text not null,
  -- Hash over what of the person does not come from the XMPP server, as it was told.
  settled text not null,
  primary key (tenant_id, webhook_id, localpart),
  foreign key (tenant_id, webhook_id) references presence_webhook (tenant_id, id) on delete cascade
);
call kontor_protect('presence_webhook_told');
grant select, insert, update, delete on presence_webhook_told to kontor_app;
