-- In: files. Out: for each tenant the bytes of its files, stored or promised by a slot, so that nobody has to add them up.
-- Old code runs with it: triggers keep the sum.

create table file_usage (
  tenant_id text primary key references tenant (id),
  bytes bigint not null
);
call kontor_protect('file_usage');
-- Only the triggers below write it.
grant select on file_usage to kontor_app;

-- Once a statement, so that a deletion of many files touches the sum once for each tenant.
create function file_usage_added() returns trigger
  language plpgsql security definer set search_path = public as $$
begin
  insert into file_usage as known (tenant_id, bytes)
    select tenant_id, sum(size) from added group by tenant_id order by tenant_id
    on conflict (tenant_id) do update set bytes = known.bytes + excluded.bytes;
  return null;
end
$$;
revoke execute on function file_usage_added() from public;
create function file_usage_removed() returns trigger
  language plpgsql security definer set search_path = public as $$
begin
  update file_usage set bytes = file_usage.bytes - gone.bytes
    from (select tenant_id, sum(size) as bytes from removed group by tenant_id) as gone
    where file_usage.tenant_id = gone.tenant_id;
  return null;
end
$$;
revoke execute on function file_usage_removed() from public;

-- Nothing is written between the sum and the triggers.
lock table file in share row exclusive mode;
insert into file_usage (tenant_id, bytes) select tenant_id, sum(size) from file group by tenant_id;
create trigger file_usage_added after insert on file
  referencing new table as added for each statement execute function file_usage_added();
create trigger file_usage_removed after delete on file
  referencing old table as removed for each statement execute function file_usage_removed();
