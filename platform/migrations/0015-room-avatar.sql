-- In: rooms. Out: the picture of a room (XEP-0486), at most one; it goes with the room's end.

create table room_avatar (
  tenant_id text not null,
  room_id uuid not null,
  type text not null check (type in ('image/png', 'image/jpeg', 'image/gif', 'image/webp')),
  bytes bytea not null check (octet_length(bytes) between 1 and 65536),
  -- SHA-1 in hex, as clients compare it (XEP-0153).
  hash text not null check (hash ~ '^[0-9a-f]{40}$'),
  primary key (tenant_id, room_id),
  foreign key (tenant_id, room_id) references room (tenant_id, id) on delete cascade
);
call kontor_protect('room_avatar');
grant select, insert, update, delete on room_avatar to kontor_app;
