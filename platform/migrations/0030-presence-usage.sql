-- In: tenants. Out: figures of whole days for reports: how many of a tenant's people were there at once at most, and how
-- many were there at all. No person is in it.

create table presence_usage (
  tenant_id text not null references tenant (id),
  -- Of Europe/Berlin.
  day date not null,
  peak integer not null check (peak >= 0),
  active integer not null check (active >= 0),
  primary key (tenant_id, day)
);
call kontor_protect('presence_usage');
grant select, insert, update, delete on presence_usage to kontor_app;

insert into retention_rule (tenant_id, kind, amount, unit) values (null, 'presence-usage', 2, 'year');
