-- In: the room log. Out: for each entry the words it is found by, an index over them and one over time, and
-- room_log_search(), which reads them. Adding the column rewrites the log once. Old code runs with it.

-- In: a room, or 2^level entries of it in a row. Out: the word that stands for them. The end of a room's id is random;
-- two rooms with the same end only cost a look at a few rows more.
create function room_log_place(room_id uuid, level integer, bucket bigint) returns text
  language sql immutable parallel safe as $$
  select '#' || right(room_id::text, 8) || coalesce('/' || level::text || '/' || bucket::text, '')
$$;

-- In: a mark ('@' a bare address, '~' a nick) and whom. Out: the word that stands for them, short for any length.
create function room_log_person(mark text, whom text) returns text
  language sql immutable parallel safe as $$
  select mark || left(md5(whom), 16)
$$;

-- In: an entry. Out: the words by which it is found: of its text (German and English stems, and as written), of who
-- said it, and of where in which room it stands. The last let one index serve any number of rooms, and look at a
-- stretch of a long room alone. No word of a text has such a mark at its front: nobody gets at them by what they search.
-- A text counts up to 16,000 characters: PostgreSQL keeps no more positions, and takes no vector of more than 1 MB.
create function room_log_words(room_id uuid, seq bigint, sender text, nick text, body text) returns tsvector
  language sql immutable parallel safe as $$
  select array_to_tsvector(array_remove(array[
      room_log_place(room_id, null, null), room_log_place(room_id, 13, seq >> 13),
      room_log_place(room_id, 16, seq >> 16), room_log_place(room_id, 19, seq >> 19),
      room_log_person('@', sender), room_log_person('~', nick)], null))
    || case when body is null then ''::tsvector
       else to_tsvector('pg_catalog.german', left(body, 16000)) || to_tsvector('pg_catalog.english', left(body, 16000))
         || to_tsvector('pg_catalog.simple', left(body, 16000)) end
$$;

-- Of the row itself, so that a text that is taken out of it is out of the index too, and goes with its partition.
alter table room_log add column words tsvector
  generated always as (room_log_words(room_id, seq, sender, nick, body)) stored;
-- No search depends on how often a word is: without figures of words, planning a search and analysing a day are far faster.
alter table room_log alter column words set statistics 0;
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
end
$$;
-- The list of what waits to be sorted in is looked through by each search: kept short.
create index room_log_words on room_log using gin (words) with (gin_pending_list_limit = 256);
-- Where in a room a time is, and where what is expired ends: by the primary key alone all before it is walked through.
create index room_log_at on room_log (tenant_id, room_id, at, seq);

-- In: what a person searches for. Out: it as a query: each word in any of its forms, "a phrase", or, -without.
create function room_log_query(sought text) returns tsquery
  language sql immutable parallel safe as $$
  select websearch_to_tsquery('pg_catalog.german', sought) || websearch_to_tsquery('pg_catalog.english', sought)
    || websearch_to_tsquery('pg_catalog.simple', sought)
$$;
grant execute on function room_log_query(text) to kontor_app;

-- In: a room, what to find (null: anything), by whom (null: anybody), between which numbers and times, from which end,
-- how many. Out: place and time of the entries that fit, in that order.
-- It looks at stretches of the room that grow: the first is walked through, for what stands in every few entries; the
-- next are looked up in the index with the word of their place, so that each gives few rows when the one before gave
-- too few. EXPLAIN ANALYZE in a room of 1.2 million entries, on a busy machine: walking alone takes 5.8 s for a word
-- that stands in 6 entries, one look-up for the whole room 5.1 s for one in each third entry (400,000 rows, of which 51
-- are wanted); the stretches of this function take 9, 1, 4 and 1 ms for the first, and below 1 ms for the second.
-- Planned anew each time: a plan for any values would fetch what a word has in the whole room.
-- It runs as owner: behind row-level security '@@' can't use an index, since it is not known to leak nothing. So it
-- checks the tenant by itself, and gives nothing but places of the tenant's own entries.
create function room_log_search(
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
  levels constant integer[] := array[null, 13, 16, 19, null];
  wanted integer := p_limit;
  got integer;
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
  for step in 1 .. 5 loop
    exit when wanted <= 0 or p_low > p_high or here < p_low or here > p_high;
    if step = 1 then
      low := case when p_last then here - walked + 1 else here end;
      high := case when p_last then here else here + walked - 1 end;
    elsif step = 5 then
      low := p_low;
      high := p_high;
    else
      low := ((here >> levels[step]) - 7) << levels[step];
      high := (((here >> levels[step]) + 8) << levels[step]) - 1;
    end if;
    low := greatest(low, case when p_last then p_low else here end);
    high := least(high, case when p_last then here else p_high end);
    -- ts_match_vq() is '@@' by a name that no index knows; in the order of the primary key it stops when it has enough.
    if step = 1 and p_last then
      return query
        select l.seq, l.at from room_log l
        where l.tenant_id = p_tenant and l.room_id = p_room and l.seq between low and high
          and l.at >= p_from and l.at <= p_until and ts_match_vq(l.words, sought)
          and (p_sender is null or l.sender = p_sender) and (p_nick is null or l.nick = p_nick)
        order by l.seq desc limit wanted;
    elsif step = 1 then
      return query
        select l.seq, l.at from room_log l
        where l.tenant_id = p_tenant and l.room_id = p_room and l.seq between low and high
          and l.at >= p_from and l.at <= p_until and ts_match_vq(l.words, sought)
          and (p_sender is null or l.sender = p_sender) and (p_nick is null or l.nick = p_nick)
        order by l.seq limit wanted;
    else
      -- Without '+ 0' the primary key would be walked through for the order it has.
      return query
        with hits as materialized (
          select l.seq, l.at from room_log l
          where l.words @@ (sought && (
              select string_agg(quote_literal(room_log_place(p_room, levels[step], bucket)), '|')::tsquery
              from generate_series(low >> coalesce(levels[step], 62), high >> coalesce(levels[step], 62)) as bucket))
            and l.tenant_id = p_tenant and l.room_id = p_room and l.seq + 0 between low and high
            and l.at >= p_from and l.at <= p_until
            and (p_sender is null or l.sender = p_sender) and (p_nick is null or l.nick = p_nick)
        )
        select h.seq, h.at from hits h order by case when p_last then -h.seq else h.seq end limit wanted;
    end if;
    get diagnostics got = row_count;
    wanted := wanted - got;
    here := case when p_last then low - 1 else high + 1 end;
  end loop;
end
$$;
revoke execute on function
  room_log_search(text, uuid, tsquery, text, text, bigint, bigint, timestamptz, timestamptz, boolean, integer) from public;
grant execute on function
  room_log_search(text, uuid, tsquery, text, text, bigint, bigint, timestamptz, timestamptz, boolean, integer) to kontor_app;
