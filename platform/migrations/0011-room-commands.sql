-- In: rooms. Out: what the API asks of the owner of a tenant's rooms, and a version of each room's configuration.
-- Old code runs with it: it does not see commands, and who sent one is told that nobody took it.

alter table room add column version integer not null default 1;

-- A row stands until who sent it has read the answer; the owner removes what nobody fetched. Done in the transaction of
-- the change itself: so a change is made once, and one that was withdrawn is not made.
create table room_command (
  tenant_id text not null references tenant (id),
  -- UUIDv7: they are carried out in the order of their ids.
  id uuid not null,
  payload jsonb not null,
  at timestamptz not null,
  done_at timestamptz,
  -- Null: it was done; else the error that it met.
  problem jsonb,
  primary key (tenant_id, id)
);
-- What waits for the owner.
create index room_command_waiting on room_command (tenant_id, id) where done_at is null;
call kontor_protect('room_command');
grant select, insert, update, delete on room_command to kontor_app;
