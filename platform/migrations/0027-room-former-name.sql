-- In: rooms. Out: how often a name in the rooms of a tenant belonged to somebody who is deleted, so that who has it next is
-- somebody else to occupant ids (XEP-0421). The name stands here as a keyed hash. Old code runs with it.

create table room_former_name (
  tenant_id text not null references tenant (id),
  name text not null,
  times integer not null check (times > 0),
  primary key (tenant_id, name)
);
call kontor_protect('room_former_name');
grant select, insert, update on room_former_name to kontor_app;
