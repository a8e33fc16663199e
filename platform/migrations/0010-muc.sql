-- In: rooms. Out: rooms that wait for their configuration, reserved nicks and reasons of affiliations, and rooms that have
-- ended while their log stays until its time. Old code runs with it, but would find ended rooms by name.

alter table room
  -- Nobody but its owner may enter before its first configuration (XEP-0045 10.1).
  add column locked boolean not null default false,
  -- The name is free again; what was said stays for who may read the archive.
  add column ended_at timestamptz;
alter table room drop constraint room_tenant_id_name_key;
-- The room that has a name now.
create unique index room_name on room (tenant_id, name) where ended_at is null;

alter table room_affiliation
  add column nick text check (length(nick) <= 255),
  add column reason text check (length(reason) <= 1000);
