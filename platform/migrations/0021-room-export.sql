-- In: tenants, rooms and the rules of retention. Out: exports of rooms as jobs that can be watched. The ZIP of one lies
-- in a store of bytes; its row outlives it by a while, so that whoever comes too late is told so.

create table room_export (
  tenant_id text not null references tenant (id),
  id uuid not null,
  room_id uuid not null,
  -- Asked for, being made, there; it could not be made, was called off, or is deleted again.
  state text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled', 'deleted')),
  format text not null check (format in ('json', 'html')),
  language text not null check (language in ('de', 'en')),
  with_files boolean not null,
  from_at timestamptz,
  to_at timestamptz,
  -- What was said by then.
  up_to bigint not null,
  asked_by text not null,
  asked_name text not null,
  reason text not null,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  -- Counts how often a worker began; only the latest may write here.
  attempt integer not null default 0,
  -- Counts changes that are worth showing.
  version integer not null default 1,
  messages bigint not null default 0,
  messages_total bigint,
  files bigint not null default 0,
  -- Written of the ZIP so far.
  bytes bigint not null default 0,
  -- Code of an error, and its text.
  problem text,
  problem_detail text,
  blob uuid,
  size bigint,
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  primary key (tenant_id, id),
  check ((blob is not null) = (state = 'done')),
  check (state <> 'done' or num_nonnulls(size, sha256, finished_at) = 3)
);
-- The list of a room, the latest first.
create index room_export_room on room_export (tenant_id, room_id, created_at, id);
-- What is under way is looked for every minute, and limited.
create index room_export_open on room_export (tenant_id, created_at) where state in ('queued', 'running');
-- Retention: the oldest of a tenant; and the sweep asks of each blob whether an export has it.
create index room_export_done on room_export (tenant_id, finished_at) where state = 'done';
create unique index room_export_blob on room_export (tenant_id, blob) where state = 'done';
call kontor_protect('room_export');
grant select, insert, update, delete on room_export to kontor_app;

-- A copy that was made for one purpose, and soon taken along.
insert into retention_rule (tenant_id, kind, amount, unit) values (null, 'room-export', 1, 'day');
