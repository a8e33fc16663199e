-- In: tenants, people. Out: the rules of a tenant for the presence of its people (without a row the defaults of
-- presence/core-visibility.ts hold), and what a person has set: who sees him, out of office, a public badge. Presence
-- itself is nowhere here: its last state lives in Redis, and there is no history of it.

create table presence_rules (
  tenant_id text primary key references tenant (id),
  version integer not null,
  rules jsonb not null,
  updated_at timestamptz not null
);
call kontor_protect('presence_rules');
grant select, insert, update on presence_rules to kontor_app;

create table person_presence (
  tenant_id text not null,
  person_id uuid not null,
  version integer not null,
  -- Null: as the tenant has it.
  audience text check (audience in ('everyone', 'contacts', 'groups', 'nobody')),
  hide_times boolean not null default false,
  -- Out of office until then; hidden from every read from that moment on.
  away_until timestamptz,
  away_text text check (length(away_text) <= 200),
  -- The unguessable part of the public badge's address; null: there is none.
  badge uuid,
  primary key (tenant_id, person_id),
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade,
  check ((away_until is null) = (away_text is null))
);
-- The person of a badge.
create unique index person_presence_badge on person_presence (tenant_id, badge) where badge is not null;
-- Whose absence begins to be shown, ends, or is due for deletion.
create index person_presence_away on person_presence (tenant_id, away_until) where away_until is not null;
call kontor_protect('person_presence');
grant select, insert, update, delete on person_presence to kontor_app;
