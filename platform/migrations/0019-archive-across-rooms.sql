-- In: the room log and its stretches. Out: room_log_search_across(), which finds messages in all rooms of a tenant.

-- In: a tenant, words and a nick (null: any; not both), between which times, beyond which message, from which end, how
-- many. Out: id and time of the messages that fit, in the order of time.
-- It looks at days on which the tenant said anything, from that end on, and at more of them each time: what is said often
-- is found in the first, and what is rare costs few statements. As owner, and planned anew each time, for the reasons of
-- room_log_search().
create function room_log_search_across(
  p_tenant text, p_words tsquery, p_nick text, p_from timestamptz, p_until timestamptz,
  p_at timestamptz, p_id uuid, p_last boolean, p_limit integer
) returns table (found_id uuid, found_at timestamptz)
  language plpgsql stable security definer set search_path = pg_catalog, public set plan_cache_mode = force_custom_plan as $$
declare
  lowest timestamptz := greatest(p_from, case when not p_last then p_at end);
  highest timestamptz := coalesce(least(p_until, case when p_last then p_at end), 'infinity');
  sought tsquery := p_words;
  days date[];
  here integer := 1;
  size integer := 1;
  wanted integer := p_limit;
  got integer;
  since timestamptz;
  till timestamptz;
begin
  if not p_tenant = any (kontor_tenants()) then
    raise exception 'the transaction is not for tenant %', p_tenant using errcode = 'insufficient_privilege';
  end if;
  if p_nick is not null then
    sought := coalesce(sought && quote_literal(room_log_person('~', p_nick))::tsquery,
      quote_literal(room_log_person('~', p_nick))::tsquery);
  end if;
  days := array(
    select s.day from room_log_stretch as s
    where s.tenant_id = p_tenant and s.day >= (lowest at time zone 'UTC')::date
      and s.day <= (highest at time zone 'UTC')::date
    group by s.day order by case when p_last then - (s.day - date '2000-01-01') else s.day - date '2000-01-01' end);
  while wanted > 0 and here <= cardinality(days) and sought is not null loop
    select (min(day))::timestamp at time zone 'UTC', (max(day) + 1)::timestamp at time zone 'UTC' into since, till
    from unnest(days[here : here + size - 1]) as day;
    since := greatest(since, lowest);
    return query
      select l.id, l.at from room_log as l
      where l.words @@ sought and l.tenant_id = p_tenant and l.at >= since and l.at < till and l.at <= highest
        and (p_nick is null or l.nick = p_nick)
        and (p_id is null or case when p_last then (l.at, l.id) < (p_at, p_id) else (l.at, l.id) > (p_at, p_id) end)
      order by case when p_last then l.at end desc, case when p_last then l.id end desc, l.at, l.id
      limit wanted;
    get diagnostics got = row_count;
    wanted := wanted - got;
    here := here + size;
    size := size * 4;
  end loop;
end
$$;
revoke execute on function room_log_search_across(
  text, tsquery, text, timestamptz, timestamptz, timestamptz, uuid, boolean, integer) from public;
grant execute on function room_log_search_across(
  text, tsquery, text, timestamptz, timestamptz, timestamptz, uuid, boolean, integer) to kontor_app;
