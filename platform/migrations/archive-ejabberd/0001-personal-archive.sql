-- In: the database in which ejabberd keeps people's own archives (mod_mam with db_type sql and new_sql_schema), as the
-- owner of its tables. Out: those tables, and the role under which Kontor reads and deletes in them, host by host, by the
-- same statements as beside Prosody (../archive).

do $$
begin
  if not exists (select from pg_roles where rolname = 'kontor_archive') then
    create role kontor_archive nologin nosuperuser nobypassrls;
    execute format('grant kontor_archive to %I', current_user);
  end if;
end
$$;
grant usage on schema public to kontor_archive;

-- ejabberd makes no tables. These are its own (pg.new.sql of 23.01), but for the number of a message, which may be larger.
create table if not exists archive (
  username text not null,
  server_host text not null,
  timestamp bigint not null,
  peer text not null,
  bare_peer text not null,
  xml text not null,
  txt text,
  id bigserial,
  kind text,
  nick text,
  created_at timestamp not null default now()
);
create index if not exists i_archive_sh_username_timestamp on archive (server_host, username, timestamp);
create index if not exists i_archive_sh_username_peer on archive (server_host, username, peer);
create index if not exists i_archive_sh_username_bare_peer on archive (server_host, username, bare_peer);
create index if not exists i_archive_sh_timestamp on archive (server_host, timestamp);
create table if not exists archive_prefs (
  username text not null,
  server_host text not null,
  def text not null,
  always text not null,
  never text not null,
  created_at timestamp not null default now(),
  primary key (server_host, username)
);
-- Ours: the row that is deleted, and the orders in which Kontor reads and deletes, by the second of a message.
create unique index if not exists kontor_archive_id on archive (id);
create index if not exists kontor_archive_when on archive
  (server_host, username, ((timestamp / 1000000)::integer), id) where kind = 'chat';
create index if not exists kontor_archive_with_when on archive
  (server_host, username, bare_peer, ((timestamp / 1000000)::integer), id) where kind = 'chat';
create index if not exists kontor_archive_deletion on archive
  (server_host, ((timestamp / 1000000)::integer), id) where kind = 'chat';

-- The messages of people in the columns that Prosody's table has; what is deleted here is deleted there. It shows the
-- people of the hosts that the transaction names, and no rooms. The barrier keeps conditions of the reader from seeing
-- other rows first.
create or replace view prosodyarchive with (security_barrier) as
  select id as sort_id, server_host as host, username as "user", 'archive'::text as store, timestamp::text as key,
    (timestamp / 1000000)::integer as "when", bare_peer as "with", 'xml'::text as type, xml as value
  from archive
  where kind = 'chat' and server_host = any (array(
    select unnest(string_to_array(coalesce(current_setting('kontor.tenants', true), ''), ','))));
grant select, delete on prosodyarchive to kontor_archive;
