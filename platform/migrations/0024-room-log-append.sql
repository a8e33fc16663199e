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

-- In: tenants with the fences of their owner, and entries as arrays, one element each. Out: the tenants whose fence held;
-- where not each did, nothing is written. The lock makes a new owner wait for this commit before it reads where the log
-- ends. The same entries again change nothing.
create function room_log_append(
  p_tenants text[], p_fences bigint[], p_tenant_id text[], p_room_id uuid[], p_seq bigint[], p_id uuid[],
  p_at timestamptz[], p_sender text[], p_nick text[], p_occupant_id text[], p_origin text[], p_origin_ref uuid[],
  p_stanza text[], p_body text[], p_held text[]
) returns table (owned text)
  language plpgsql as $$
begin
  perform kontor_scope(p_tenants);
  return query
    with held_fence as (
      select o.tenant_id from room_owner o
      join unnest(p_tenants, p_fences) as f (tenant_id, fence) on f.tenant_id = o.tenant_id and f.fence = o.fence
      for share of o
    ), allowed as (
      select count(*) = cardinality(p_tenants) as all_held from held_fence
    ), given as (
      select * from unnest(
        p_tenant_id, p_room_id, p_seq, p_id, p_at, p_sender, p_nick, p_occupant_id, p_origin, p_origin_ref, p_stanza,
        p_body, p_held)
        as entry (tenant_id, room_id, seq, id, at, sender, nick, occupant_id, origin, origin_ref, stanza, body, held)
      where (select all_held from allowed)
    ), logged as (
      insert into room_log
        (tenant_id, room_id, seq, id, at, sender, nick, occupant_id, origin, origin_ref, stanza, body, held)
      select * from given on conflict do nothing
    ), counted as (
      update room set last_seq = greatest(room.last_seq, e.seq)
      from (select tenant_id, room_id, max(seq) as seq from given group by tenant_id, room_id) as e
      where room.tenant_id = e.tenant_id and room.id = e.room_id
    )
    select held_fence.tenant_id from held_fence;
end
$$;
revoke execute on function room_log_append(
  text[], bigint[], text[], uuid[], bigint[], uuid[], timestamptz[], text[], text[], text[], text[], uuid[], text[],
  text[], text[]) from public;
grant execute on function room_log_append(
  text[], bigint[], text[], uuid[], bigint[], uuid[], timestamptz[], text[], text[], text[], text[], uuid[], text[],
  text[], text[]) to kontor_app;
