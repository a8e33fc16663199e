-- In: what a page of a room's archive is asked by. Out: room_log_page(), which finds its bounds and reads it in one call.
-- Old code runs with it.

-- In: the tenant of a room (one), the kind of data the log is, which numbers and times may be seen; ids (UUIDs, four or
-- none) after and before which entries are asked for, and after and before which the page stands, with the time in which
-- they were written if they tell it; how many entries from which end.
-- Out: low and high, the numbers of what is asked for; window_low and window_high, of what the page may have; cutoff and
-- visible, since when entries are there and are asked for; missing, when one of the ids is not (any more) there. With
-- each entry, in the order read; without any, once.
-- What is planned as text is planned for the partitions of its days alone: a plan that is kept would be for all.
create function room_log_page(
  p_tenants text[], p_room uuid, p_kind text, p_now timestamptz, p_down_to bigint, p_up_to bigint,
  p_start timestamptz, p_end timestamptz, p_named uuid[], p_named_since timestamptz, p_named_till timestamptz,
  p_last boolean, p_wanted integer
) returns table (
  low bigint, high bigint, window_low bigint, window_high bigint, cutoff text, visible text, missing boolean,
  seq bigint, id uuid, at timestamptz, sender text, nick text, "occupantId" text, origin text, "originRef" uuid,
  stanza text, body text
)
  language plpgsql stable as $$
declare
  none constant bigint := 9007199254740991;
  -- Entries around a moment that are looked at for its place in the order, should a clock once have gone back.
  around constant integer := 200;
  tenant constant text := p_tenants[1];
  hidden timestamptz;
  since timestamptz;
  span_since timestamptz;
  span_till timestamptz;
  first_day date;
  of_days bigint;
  in_day bigint;
  places bigint[];
  bottom bigint;
  top bigint;
  length bigint := p_wanted;
  left_over bigint := p_wanted;
  got bigint;
begin
  perform kontor_scope(p_tenants);
  hidden := retention_cutoff(tenant, p_kind, p_now);
  since := greatest(hidden, p_start);
  cutoff := hidden::text;
  visible := since::text;

  -- First what the days tell, then where in its day each end lies.
  first_day := (since at time zone 'UTC')::date;
  select min(s.first_seq) into of_days from room_log_stretch s
    where s.tenant_id = tenant and s.room_id = p_room and s.day > first_day;
  execute 'select min(early.seq) from (
      select l.seq from room_log l
      where l.tenant_id = $1 and l.room_id = $2 and l.seq <= $3 and l.at >= $4 and l.at < $5
      order by l.at, l.seq limit $6) as early'
    into in_day using tenant, p_room, p_up_to, since, (first_day + 1)::timestamp at time zone 'UTC', around;
  low := coalesce(least(of_days, in_day), none);
  high := p_up_to;
  if p_end is not null then
    select max(each.next) - 1 into of_days from (
      select s.day, lead(s.first_seq, 1, p_up_to + 1) over (order by s.first_seq) as next from room_log_stretch s
      where s.tenant_id = tenant and s.room_id = p_room
    ) as each where each.day < (p_end at time zone 'UTC')::date;
    execute 'select max(late.seq) from (
        select l.seq from room_log l
        where l.tenant_id = $1 and l.room_id = $2 and l.seq <= $3 and l.at <= $4 and l.at >= $5
        order by l.at desc, l.seq desc limit $6) as late'
      into in_day
      using tenant, p_room, p_up_to, p_end, (p_end at time zone 'UTC')::date::timestamp at time zone 'UTC', around;
    high := coalesce(greatest(of_days, in_day), 0);
  end if;

  missing := false;
  if p_named is not null then
    -- Where the ids say that they are, then everywhere: those of entries taken over from elsewhere say nothing.
    for attempt in 1..2 loop
      execute 'select array_agg(p.seq order by n.position) from unnest($1) with ordinality as n (id, position)
          left join lateral (
            select l.seq from room_log l
            where l.tenant_id = $2 and l.room_id = $3 and l.id = n.id and l.seq <= $4 and l.at >= $5 and l.at <= $6
            limit 1) as p on true'
        into places
        using p_named, tenant, p_room, p_up_to, case attempt when 1 then greatest(hidden, p_named_since) else hidden end,
          case attempt when 1 then coalesce(p_named_till, 'infinity') else 'infinity' end;
      missing := exists (
        select from unnest(p_named, places) as n (id, place) where n.id is not null and n.place is null);
      exit when not missing;
    end loop;
  end if;
  low := greatest(low, p_down_to, places[1] + 1);
  high := least(high, places[2] - 1, p_up_to);
  window_low := greatest(low, places[3] + 1);
  window_high := least(high, places[4] - 1);

  -- In stretches that grow until there is enough: seldom is anything missing.
  bottom := window_low;
  top := window_high;
  while left_over > 0 and bottom <= top and not missing loop
    if p_last then
      bottom := greatest(window_low, top - length + 1);
    else
      top := least(window_high, bottom + length - 1);
    end if;
    select s.since, s.till into span_since, span_till from room_log_span(tenant, p_room, bottom, top) as s;
    return query execute format(
      'select $1, $2, $3, $4, $5, $6, false, l.seq, l.id, l.at, l.sender, l.nick, l.occupant_id, l.origin,
         l.origin_ref, l.stanza, l.body
       from room_log l
       where l.tenant_id = $7 and l.room_id = $8 and l.seq between $9 and $10 and l.at >= $11 and l.at < $12
         and l.at >= $13 and l.at <= $14
       order by l.seq %s limit $15', case when p_last then 'desc' else 'asc' end)
      using low, high, window_low, window_high, cutoff, visible, tenant, p_room, bottom, top,
        span_since, span_till, since, coalesce(p_end, 'infinity'), left_over;
    get diagnostics got = row_count;
    left_over := left_over - got;
    length := length * 16;
    if p_last then
      top := bottom - 1;
      bottom := window_low;
    else
      bottom := top + 1;
      top := window_high;
    end if;
  end loop;
  if left_over = p_wanted then
    return next;
  end if;
end
$$;
revoke execute on function room_log_page(
  text[], uuid, text, timestamptz, bigint, bigint, timestamptz, timestamptz, uuid[], timestamptz, timestamptz, boolean,
  integer) from public;
grant execute on function room_log_page(
  text[], uuid, text, timestamptz, bigint, bigint, timestamptz, timestamptz, uuid[], timestamptz, timestamptz, boolean,
  integer) to kontor_app;
