-- In: entries of rooms. Out: room_log_append(), which puts them into the log in one statement that is a transaction of
-- its own and planned once, and words of an entry without a plan for each entry. Old code runs with it.

-- In: tenants. Out: the transaction is for them, as row-level security reads it. A function that is called by itself
-- begins with it: its call needs no transaction around it.
create function kontor_scope(p_tenants text[]) returns void
  language plpgsql as $$
begin
  perform set_config('kontor.tenants', array_to_string(p_tenants, ','), true);
end
$$;
revoke execute on function kontor_scope(text[]) from public;
grant execute on function kontor_scope(text[]) to kontor_app;

-- As before (0013). In SQL it was parsed and planned anew for every statement that writes an entry.
create or replace function room_log_words(room_id uuid, seq bigint, sender text, nick text, body text) returns tsvector
  language plpgsql immutable parallel safe as $$
begin
  return array_to_tsvector(array_remove(array[
      room_log_place(room_id, null, null), room_log_place(room_id, 13, seq >> 13),
      room_log_place(room_id, 16, seq >> 16), room_log_place(room_id, 19, seq >> 19),
      room_log_person('@', sender), room_log_person('~', nick)], null))
    || case when body is null then ''::tsvector
       else to_tsvector('pg_catalog.german', left(body, 16000)) || to_tsvector('pg_catalog.english', left(body, 16000))
         || to_tsvector('pg_catalog.simple', left(body, 16000)) end;
end
$$;

-- As before (0018), with a look first whether there is anything to do: there is once a day and room.
create or replace function room_log_stretch_begins() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  if not exists (
    select from added as n where (n.at at time zone 'UTC')::date is distinct from (
      select s.day from room_log_stretch as s
      where s.tenant_id = n.tenant_id and s.room_id = n.room_id and s.first_seq <= n.seq
      order by s.first_seq desc limit 1)
  ) then
    return null;
  end if;
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

-- In: tenants with the fences of their owner, and entries as arrays, one element each, those of a room in their order.
-- Out: the tenants whose fence held; where not each did, nothing is written. The lock makes a new owner wait for this
-- commit before it reads where the log ends. The same entries again change nothing.
-- Each row is looked up by its key: one statement for all of them would be planned once, for tables as small as then.
create function room_log_append(
  p_tenants text[], p_fences bigint[], p_tenant_id text[], p_room_id uuid[], p_seq bigint[], p_id uuid[],
  p_at timestamptz[], p_sender text[], p_nick text[], p_occupant_id text[], p_origin text[], p_origin_ref uuid[],
  p_stanza text[], p_body text[], p_held text[]
) returns table (owned text)
  language plpgsql as $$
declare
  holding integer := 0;
  counted uuid[] := '{}';
begin
  perform kontor_scope(p_tenants);
  for n in 1..cardinality(p_tenants) loop
    perform from room_owner o where o.tenant_id = p_tenants[n] and o.fence = p_fences[n] for share;
    if found then
      holding := holding + 1;
      owned := p_tenants[n];
      return next;
    end if;
  end loop;
  if holding < cardinality(p_tenants) then
    return;
  end if;
  insert into room_log
    (tenant_id, room_id, seq, id, at, sender, nick, occupant_id, origin, origin_ref, stanza, body, held)
  select * from unnest(
    p_tenant_id, p_room_id, p_seq, p_id, p_at, p_sender, p_nick, p_occupant_id, p_origin, p_origin_ref, p_stanza,
    p_body, p_held)
  on conflict do nothing;
  for n in reverse cardinality(p_seq)..1 loop
    continue when p_room_id[n] = any (counted);
    counted := counted || p_room_id[n];
    update room set last_seq = greatest(last_seq, p_seq[n]) where tenant_id = p_tenant_id[n] and id = p_room_id[n];
  end loop;
end
$$;
revoke execute on function room_log_append(
  text[], bigint[], text[], uuid[], bigint[], uuid[], timestamptz[], text[], text[], text[], text[], uuid[], text[],
  text[], text[]) from public;
grant execute on function room_log_append(
  text[], bigint[], text[], uuid[], bigint[], uuid[], timestamptz[], text[], text[], text[], text[], uuid[], text[],
  text[], text[]) to kontor_app;
