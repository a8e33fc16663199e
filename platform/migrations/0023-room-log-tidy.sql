-- In: the index of the words of the log. Out: what waits to be sorted in is sorted by room_log_tidy(), beside the commits
-- and not within one: at 256 KiB it was every 64th message or so that waited some 5 ms for it. Old code runs with it.

-- In: a day (UTC). Out: the index of the words of its messages; null for a day without a partition.
create function room_log_words_of(day date) returns regclass
  language sql stable set search_path = pg_catalog, public as $$
  select i.inhrelid::regclass from pg_inherits as i join pg_index as x on x.indexrelid = i.inhrelid
  where i.inhparent = 'room_log_words'::regclass and x.indrelid = to_regclass('room_log_p' || to_char(day, 'YYYYMMDD'))
$$;
revoke execute on function room_log_words_of(date) from public;

-- As before (0018), and what may wait is longer than what comes between two calls of room_log_tidy(); a flood that fills
-- it is sorted in by who writes. The index of the whole log can't be told so: each partition is, as it is made.
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
  execute format('alter index %s set (gin_pending_list_limit = 4096)', room_log_words_of(day));
  delete from room_log_stretch as s where to_regclass('room_log_p' || to_char(s.day, 'YYYYMMDD')) is null;
end
$$;

-- In: a day (UTC). Out: the words of its messages are all in their places in the index. Only the owner of an index may
-- ask for it; nothing else changes.
create function room_log_tidy(day date) returns void
  language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  if room_log_words_of(day) is not null then
    perform gin_clean_pending_list(room_log_words_of(day));
  end if;
end
$$;
revoke execute on function room_log_tidy(date) from public;
grant execute on function room_log_tidy(date) to kontor_app;
