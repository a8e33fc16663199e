-- In: tenants. Out: the rules (how long each kind of data lives), what is hidden already, runs of the deletion with
-- their parts per tenant, and the evidence they leave; retention_cutoff() is what every read path filters by.

-- A period counts in calendar days, months or years of Europe/Berlin from the start of a row.
create table retention_rule (
  -- Null: the operator's rule, default and ceiling at once.
  tenant_id text references tenant (id) on delete cascade,
  kind text not null check (kind ~ '^[a-z][a-z-]{0,62}$'),
  amount integer not null check (amount between 1 and 10000),
  unit text not null check (unit in ('day', 'month', 'year')),
  check (amount <= case unit when 'day' then 10000 when 'month' then 1200 else 100 end)
);
-- One rule of a tenant a kind, one of the operator a kind; both are also the look-up of retention_cutoff().
create unique index retention_rule_tenant on retention_rule (tenant_id, kind) where tenant_id is not null;
create unique index retention_rule_operator on retention_rule (kind) where tenant_id is null;
call kontor_protect('retention_rule');
-- The operator's rules are no tenant's data: all may read them, only the owner role writes them.
create policy operator on retention_rule for select to kontor_app using (tenant_id is null);
grant select, insert, update, delete on retention_rule to kontor_app;

-- In: an instant and a period. Out: the latest start whose period is over at that instant; a row is over when its
-- start lies before it. A month ends on its last day (31 Jan + 1 month = 28 or 29 Feb), so starts of the days that
-- share an end go together: none is late, some are less than a day early. Never falls while time goes on, also in the
-- hour that clocks repeat or skip.
create function retention_before(p_now timestamptz, p_amount integer, p_unit text) returns timestamptz
  language plpgsql stable parallel safe strict set search_path = pg_catalog as $$
declare
  zone constant text := 'Europe/Berlin';
  here timestamp := p_now at time zone zone;
  months constant integer := case p_unit when 'month' then p_amount when 'year' then 12 * p_amount end;
  first timestamp;
  last timestamp;
  result timestamp;
begin
  -- The first pass of the hour that autumn repeats: what ends in that hour ends in its second pass.
  if here at time zone zone <> p_now then
    here := date_trunc('hour', here);
  end if;
  if p_unit = 'day' then
    result := here - make_interval(days => p_amount);
  elsif months is null then
    raise exception 'unknown unit %', p_unit using errcode = 'invalid_parameter_value';
  else
    first := date_trunc('month', here) - make_interval(months => months);
    last := first + interval '1 month' - interval '1 day';
    if extract(day from here) > extract(day from last) then
      result := first + interval '1 month';
    elsif date_trunc('month', here) <> date_trunc('month', here + interval '1 day') then
      result := last + here::time;
    else
      result := first + make_interval(days => extract(day from here)::integer - 1) + here::time;
    end if;
  end if;
  -- An hour that spring skips: no start lies in it.
  if (result at time zone zone) at time zone zone <> result then
    result := date_trunc('hour', result);
  end if;
  return result at time zone zone;
end
$$;
grant execute on function retention_before(timestamptz, integer, text) to kontor_app;

-- A tenant may only shorten: its rule must never reach further back than the operator's, whatever the month.
create function retention_rule_shortens() returns trigger
  language plpgsql set search_path = public as $$
begin
  if new.tenant_id is null then
    return new;
  end if;
  if not exists (select from retention_rule where tenant_id is null and kind = new.kind) then
    raise exception 'there is no rule of the operator for %', new.kind using errcode = 'check_violation';
  end if;
  if exists (
    select from retention_rule as ceiling,
      generate_series(timestamptz '2000-01-01 12:00+00', '2003-12-01 12:00+00', '1 month') as at
    where ceiling.tenant_id is null and ceiling.kind = new.kind
      and retention_before(at, new.amount, new.unit) < retention_before(at, ceiling.amount, ceiling.unit)
  ) then
    raise exception 'a tenant may only shorten the period of %', new.kind using errcode = 'check_violation';
  end if;
  return new;
end
$$;
create trigger shortens before insert or update on retention_rule
  for each row execute function retention_rule_shortens();

insert into retention_rule (tenant_id, kind, amount, unit) values
  (null, 'message-archive', 10, 'day'),
  (null, 'file', 10, 'day');

-- Rows that began before it are gone or going: a run raises it first, so that nothing is ever half visible. Never falls.
create table retention_watermark (
  tenant_id text not null references tenant (id) on delete cascade,
  kind text not null,
  hidden_before timestamptz not null,
  primary key (tenant_id, kind)
);
call kontor_protect('retention_watermark');
grant select, insert, update on retention_watermark to kontor_app;

-- In: tenant, kind, the present. Out: rows that began before it must not be seen; visible is `start >= cutoff`.
-- The earliest end wins of the operator's rule, the tenant's and what a run has hidden. Error for an unknown kind.
-- Call it as `(select retention_cutoff(...))`: then it is asked once a statement, not once a row.
-- It runs as owner: a caller that forgot to name its tenants must not see more for it.
create function retention_cutoff(p_tenant text, p_kind text, p_now timestamptz) returns timestamptz
  language plpgsql stable parallel safe security definer set search_path = pg_catalog, public as $$
declare
  cutoff timestamptz;
begin
  select max(retention_before(p_now, amount, unit)) into cutoff
  from public.retention_rule
  where kind = p_kind and (tenant_id is null or tenant_id = p_tenant)
  having bool_or(tenant_id is null);
  if cutoff is null then
    raise exception 'there is no retention rule for %', p_kind using errcode = 'invalid_parameter_value';
  end if;
  return greatest(cutoff,
    (select hidden_before from public.retention_watermark where tenant_id = p_tenant and kind = p_kind));
end
$$;
revoke execute on function retention_cutoff(text, text, timestamptz) from public;
grant execute on function retention_cutoff(text, text, timestamptz) to kontor_app;

-- A run deletes what is over of one kind. No tenant's data, so no row-level security; its parts are the tenants'.
create table retention_run (
  id uuid primary key,
  kind text not null,
  -- Of all tenants (then whole partitions go too), or of the one its part names.
  scope text not null check (scope in ('all', 'tenant')),
  -- The turn of the schedule it belongs to: each turn makes one run a kind, however often it is tried.
  turn text unique,
  -- The instant whose cutoffs it carries out; a turn of the schedule looks ahead to the end of the next one.
  as_of timestamptz not null,
  state text not null check (state in ('waiting', 'running', 'done', 'failed')),
  problem text,
  created_at timestamptz not null,
  finished_at timestamptz
);
-- What is unfinished is looked for every minute.
create index retention_run_open on retention_run (created_at) where state in ('waiting', 'running');
grant select, insert, update, delete on retention_run to kontor_app;

create table retention_part (
  tenant_id text not null,
  run_id uuid not null references retention_run (id) on delete cascade,
  -- Set once, when the run begins; a run that is resumed keeps it.
  cutoff timestamptz,
  state text not null check (state in ('waiting', 'running', 'done', 'failed')),
  row_count bigint not null default 0,
  problem text,
  -- Run first: it is how parts are found, and deleted with their run.
  primary key (run_id, tenant_id)
);
call kontor_protect('retention_part');
grant select, insert, update on retention_part to kontor_app;

-- The head of each tenant's chain of evidence. A writer locks it, so that the chain cannot fork; it also shows rows
-- that were cut off the end.
create table retention_chain (
  tenant_id text primary key,
  position bigint not null,
  hash text not null
);
call kontor_protect('retention_chain');
grant select, insert, update on retention_chain to kontor_app;

-- What was deleted, without personal data; append-only for the application. Each row holds the hash of the one before
-- it in its tenant's chain, so that a tenant can verify its own without seeing another's. It outlives the tenant.
create table retention_evidence (
  tenant_id text not null,
  position bigint not null check (position > 0),
  previous text not null,
  hash text not null,
  class text not null,
  kind text not null,
  cutoff timestamptz not null,
  -- Partition, or place, of what was deleted; '*' speaks of all of them.
  segment text not null,
  row_count bigint not null check (row_count >= 0),
  oldest timestamptz,
  newest timestamptz,
  segment_hash text,
  run_id uuid not null,
  result text not null check (result in ('begun', 'deleted', 'dropped', 'complete')),
  at timestamptz not null,
  -- One row a position: the chain cannot fork. Also the order in which it is read and paged.
  primary key (tenant_id, position)
);
call kontor_protect('retention_evidence');
grant select, insert on retention_evidence to kontor_app;
