-- In: the room log. Out: for each room which of its numbers lie in which day, kept by the log itself, so that a page or a
-- search looks at the partitions of a few days instead of at all (planning and locking 400 of them takes longer than
-- reading any page). Old code runs with it. Whoever fills the log without triggers fills this too.

-- From this number on the entries of a room lie in this day (UTC), up to the next stretch. A clock that goes back over
-- midnight begins a new one: each number lies in exactly one, whatever the times say.
create table room_log_stretch (
  tenant_id text not null,
  room_id uuid not null,
  first_seq bigint not null,
  day date not null,
  primary key (tenant_id, room_id, first_seq)
);
call kontor_protect('room_log_stretch');
-- Written by the log alone.
grant select on room_log_stretch to kontor_app;

-- In: what a statement has put into the log. Out: a stretch for each day that begins in a room with it.
create function room_log_stretch_begins() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  insert into room_log_stretch (tenant_id, room_id, first_seq, day)
  select tenant_id, room_id, seq, day from (
    select n.tenant_id, n.room_id, n.seq, (n.at at time zone 'UTC')::date as day,
      lag((n.at at time zone 'UTC')::date, 1) over (partition by n.tenant_id, n.room_id order by n.seq) as before
    from added as n
  ) as step
  where day is distinct from coalesce(before, (
    select s.day from room_log_stretch as s
    where s.tenant_id = step.tenant_id and s.room_id = step.room_id and s.first_seq <= step.seq
    order by s.first_seq desc limit 1))
  on conflict do nothing;
  return null;
end
$$;
revoke execute on function room_log_stretch_begins() from public;
create trigger room_log_stretch_begins after insert on room_log
  referencing new table as added for each statement execute function room_log_stretch_begins();

insert into room_log_stretch (tenant_id, room_id, first_seq, day)
select tenant_id, room_id, seq, day from (
  select tenant_id, room_id, seq, (at at time zone 'UTC')::date as day,
    lag((at at time zone 'UTC')::date) over (partition by tenant_id, room_id order by seq) as before
  from room_log
) as step where day is distinct from before;

-- In: a room and numbers. Out: the times in which the entries with these numbers lie, from a midnight (UTC) until before
-- another; null: there are none.
create function room_log_span(p_tenant text, p_room uuid, p_low bigint, p_high bigint)
  returns table (since timestamptz, till timestamptz)
  language sql stable as $$
  select min(day)::timestamp at time zone 'UTC', (max(day) + 1)::timestamp at time zone 'UTC' from (
    (select day from room_log_stretch
      where tenant_id = p_tenant and room_id = p_room and first_seq <= p_low order by first_seq desc limit 1)
    union all
    select day from room_log_stretch
      where tenant_id = p_tenant and room_id = p_room and first_seq > p_low and first_seq <= p_high
  ) as days
$$;
revoke execute on function room_log_span(text, uuid, bigint, bigint) from public;
grant execute on function room_log_span(text, uuid, bigint, bigint) to kontor_app;

-- Makes the partition of a day (UTC), once a day, and then forgets the stretches of days that are gone.
create or replace function room_log_day(day date) returns void
  language plpgsql security definer set search_path = public as $$
declare
  partition text := 'room_log_p' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass(partition) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtext('room_log_day'));
  if to_regclass(partition) is not null then
    return;
  end if;
  execute format(
    'create table %I partition of room_log for values from (%L) to (%L)',
    partition, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
  execute format('alter table %I alter column words set statistics 0', partition);
  delete from room_log_stretch as s where to_regclass('room_log_p' || to_char(s.day, 'YYYYMMDD')) is null;
end
$$;

-- As before (0013), but each look is at the days of its stretch alone, and a stretch is as long as what was found so far
-- lets expect: each further day costs a plan and a look of its own.
create or replace function room_log_search(
  p_tenant text, p_room uuid, p_words tsquery, p_sender text, p_nick text,
  p_low bigint, p_high bigint, p_from timestamptz, p_until timestamptz, p_last boolean, p_limit integer
) returns table (found_seq bigint, found_at timestamptz)
  language plpgsql stable security definer set search_path = pg_catalog, public set plan_cache_mode = force_custom_plan as $$
declare
  walked constant bigint := 2048;
  here bigint := case when p_last then p_high else p_low end;
  low bigint;
  high bigint;
  sought tsquery := p_words;
  length bigint := walked;
  -- The words of places that a stretch of this length has few of.
  level integer;
  scanned bigint := 0;
  seen bigint := 0;
  wanted integer := p_limit;
  got integer;
  since timestamptz;
  till timestamptz;
begin
  if not p_tenant = any (kontor_tenants()) then
    raise exception 'the transaction is not for tenant %', p_tenant using errcode = 'insufficient_privilege';
  end if;
  if p_sender is not null then
    sought := coalesce(sought && quote_literal(room_log_person('@', p_sender))::tsquery,
      quote_literal(room_log_person('@', p_sender))::tsquery);
  end if;
  if p_nick is not null then
    sought := coalesce(sought && quote_literal(room_log_person('~', p_nick))::tsquery,
      quote_literal(room_log_person('~', p_nick))::tsquery);
  end if;
  while wanted > 0 and p_low <= p_high and here between p_low and p_high loop
    low := case when p_last then greatest(p_low, here - length + 1) else here end;
    high := case when p_last then here else least(p_high, here + length - 1) end;
    level := case when length <= 8 << 13 then 13 when length <= 8 << 16 then 16 when length <= 8 << 19 then 19 end;
    -- Known before the next statement is planned: it is for the partitions of these days.
    select s.since, s.till into since, till from room_log_span(p_tenant, p_room, low, high) as s;
    since := greatest(since, p_from);
    till := coalesce(till, '-infinity');
    -- ts_match_vq() is '@@' by a name that no index knows; in the order of the primary key it stops when it has enough.
    if scanned = 0 and p_last then
      return query
        select l.seq, l.at from room_log l
        where l.tenant_id = p_tenant and l.room_id = p_room and l.seq between low and high
          and l.at >= since and l.at < till and l.at <= p_until and ts_match_vq(l.words, sought)
          and (p_sender is null or l.sender = p_sender) and (p_nick is null or l.nick = p_nick)
        order by l.seq desc limit wanted;
    elsif scanned = 0 then
      return query
        select l.seq, l.at from room_log l
        where l.tenant_id = p_tenant and l.room_id = p_room and l.seq between low and high
          and l.at >= since and l.at < till and l.at <= p_until and ts_match_vq(l.words, sought)
          and (p_sender is null or l.sender = p_sender) and (p_nick is null or l.nick = p_nick)
        order by l.seq limit wanted;
    else
      -- Without '+ 0' the primary key would be walked through for the order it has.
      return query
        with hits as materialized (
          select l.seq, l.at from room_log l
          where l.words @@ (sought && (
              select string_agg(quote_literal(room_log_place(p_room, level, bucket)), '|')::tsquery
              from generate_series(low >> coalesce(level, 62), high >> coalesce(level, 62)) as bucket))
            and l.tenant_id = p_tenant and l.room_id = p_room and l.seq + 0 between low and high
            and l.at >= since and l.at < till and l.at <= p_until
            and (p_sender is null or l.sender = p_sender) and (p_nick is null or l.nick = p_nick)
        )
        select h.seq, h.at from hits h order by case when p_last then -h.seq else h.seq end limit wanted;
    end if;
    get diagnostics got = row_count;
    wanted := wanted - got;
    seen := seen + got;
    scanned := scanned + high - low + 1;
    length := case when seen = 0 then scanned * 8
      else least(scanned * 8, greatest(walked, scanned * wanted * 3 / (2 * seen))) end;
    here := case when p_last then low - 1 else high + 1 end;
  end loop;
end
$$;
