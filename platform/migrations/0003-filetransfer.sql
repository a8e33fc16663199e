-- In: tenants. Out: files, each first as a slot (XEP-0363) and then as stored. Their bytes lie in the byte store.

create table file (
  tenant_id text not null references tenant (id),
  id uuid not null,
  -- Bare address of who asked for the slot.
  owner text not null,
  name text not null check (octet_length(name) between 1 and 255),
  -- Media type as declared, without parameters; null when none was.
  type text,
  size bigint not null check (size >= 0),
  state text not null check (state in ('slot', 'stored')),
  created_at timestamptz not null,
  -- An upload begins by the first and ends by the second; after that an unused slot is swept away.
  expires_at timestamptz not null,
  upload_until timestamptz not null check (upload_until >= expires_at),
  -- Key of the bytes. Each upload writes under a key of its own and the commit picks one: of two uploads to the same
  -- slot the later can't touch the bytes of the first.
  blob uuid,
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  stored_at timestamptz,
  primary key (tenant_id, id),
  check ((state = 'stored') = (num_nonnulls(blob, sha256, stored_at) = 3)),
  check ((state = 'slot') = (num_nonnulls(blob, sha256, stored_at) = 0))
);
-- Open slots of a person (their number is limited), and the sweep of unused ones. Holds slots only: it stays small.
create index file_slot on file (tenant_id, owner, expires_at) where state = 'slot';
-- Retention: the oldest files of a tenant.
create index file_stored_at on file (tenant_id, stored_at) where state = 'stored';
-- The sweep asks of each blob whether a file has it; no two have the same.
create unique index file_blob on file (tenant_id, blob) where state = 'stored';
call kontor_protect('file');
grant select, insert, update, delete on file to kontor_app;
