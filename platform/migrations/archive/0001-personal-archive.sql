-- In: the database in which Prosody keeps people's own archives (mod_mam over mod_storage_sql), as the owner of its
-- tables. Out: the role under which Kontor reads and deletes in it, host by host.
-- It lies apart from the schema of Kontor: another database, another owner, and the table is Prosody's.

do $$
begin
  if not exists (select from pg_roles where rolname = 'kontor_archive') then
    create role kontor_archive nologin nosuperuser nobypassrls;
    execute format('grant kontor_archive to %I', current_user);
  end if;
end
$$;
grant usage on schema public to kontor_archive;

-- Prosody makes its table when it archives the first message, `if not exists`. What it would make is made here to the
-- letter (mod_storage_sql of Prosody 0.12), so that rights and rules hold before anything is in it.
create table if not exists prosodyarchive (
  sort_id bigserial primary key,
  host text not null,
  "user" text not null,
  store text not null,
  key text not null,
  "when" integer not null,
  "with" text not null,
  type text not null,
  value text not null
);
create unique index if not exists prosodyarchive_index on prosodyarchive (host, "user", store, key);
create index if not exists prosodyarchive_with_when on prosodyarchive (host, "user", store, "with", "when");
create index if not exists prosodyarchive_when on prosodyarchive (host, "user", store, "when");
create index if not exists prosodyarchive_sort on prosodyarchive (host, "user", store, sort_id);
-- Ours: deletion goes by host and time whoever's archive it is. Prosody's own begin with the person, so every turn would
-- read the whole table. It is the order in which deletion takes rows, and gives the oldest row of a host at once.
create index if not exists kontor_archive_deletion on prosodyarchive (host, "when", sort_id) where store = 'archive';

-- Prosody, as the owner, is not touched by it. Others see the people of the hosts that their transaction names, and of
-- these the messages only (`store` of mod_mam), not what else Prosody may archive.
alter table prosodyarchive enable row level security;
create policy kontor_hosts on prosodyarchive to kontor_archive
  using (store = 'archive' and host = any (array(
    select unnest(string_to_array(coalesce(current_setting('kontor.tenants', true), ''), ',')))));
grant select, delete on prosodyarchive to kontor_archive;
