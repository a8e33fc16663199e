-- In: tenants. Out: rooms, the room log (partitioned by day) and the inbox through which others write into rooms.

create table room (
  tenant_id text not null references tenant (id),
  id uuid not null,
  name text not null check (length(name) between 1 and 255),
  config jsonb not null,
  subject jsonb,
  -- Stands here and not only in the log: retention empties the log, and cursors must never see a number twice.
  last_seq bigint not null default 0,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
call kontor_protect('room');
grant select, insert, update, delete on room to kontor_app;

create table room_affiliation (
  tenant_id text not null,
  room_id uuid not null,
  jid text not null,
  affiliation text not null check (affiliation in ('owner', 'admin', 'member', 'outcast')),
  primary key (tenant_id, room_id, jid),
  foreign key (tenant_id, room_id) references room (tenant_id, id) on delete cascade
);
call kontor_protect('room_affiliation');
grant select, insert, update, delete on room_affiliation to kontor_app;

-- One owner process writes a tenant's rooms. Who takes over raises the fence; a commit with an older one is refused.
create table room_owner (
  tenant_id text primary key references tenant (id),
  fence bigint not null,
  owner text not null
);
call kontor_protect('room_owner');
grant select, insert, update on room_owner to kontor_app;

create table room_log (
  tenant_id text not null,
  room_id uuid not null,
  -- Counts up without gaps in each room: the cursor of every reader.
  seq bigint not null,
  -- UUIDv7, the archive id that clients see (XEP-0313, XEP-0359).
  id uuid not null,
  at timestamptz not null,
  -- Bare address of who sent it; null for somebody of another network.
  sender text,
  nick text not null,
  occupant_id text not null,
  -- The link a message came in by, and the inbox row it came from; null for people of the XMPP side.
  origin text,
  origin_ref uuid,
  -- The message as reflected, without 'to'.
  stanza text not null,
  body text,
  -- Pages of a room in order; the partition key must be part of it.
  primary key (tenant_id, room_id, seq, at)
) partition by range (at);
-- A page that starts at an archive id.
create index room_log_id on room_log (tenant_id, room_id, id);
call kontor_protect('room_log');
grant select, insert, delete on room_log to kontor_app;

-- Makes the partition of a day (UTC). The application may call it but owns no table.
create function room_log_day(day date) returns void
  language plpgsql security definer set search_path = public as $$
declare
  partition text := 'room_log_p' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass(partition) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtext('room_log_day'));
  execute format(
    'create table if not exists %I partition of room_log for values from (%L) to (%L)',
    partition, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
end
$$;
revoke execute on function room_log_day(date) from public;
grant execute on function room_log_day(date) to kontor_app;

-- What others (bridges, REST) want said in a room. The room's owner moves a row into the log in one transaction.
create table room_inbox (
  tenant_id text not null,
  id uuid not null,
  room_id uuid not null,
  source text not null,
  payload jsonb not null,
  at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, room_id) references room (tenant_id, id) on delete cascade
);
call kontor_protect('room_inbox');
grant select, insert, delete on room_inbox to kontor_app;
