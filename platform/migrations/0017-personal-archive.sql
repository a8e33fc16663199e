-- In: rules of retention. Out: a person's own archive, which Prosody keeps, lives as long as a tenant's messages do: the
-- rule of messages is the rule of both, so that nobody can set one and forget the other. What a run has hidden is noted
-- for each by itself.

-- In: a kind of data. Out: the kind whose rules hold for it. The same as `ruledBy` in the catalogue.
create function retention_ruled_by(p_kind text) returns text
  language sql immutable parallel safe strict
  return case p_kind when 'personal-archive' then 'message-archive' else p_kind end;
grant execute on function retention_ruled_by(text) to kontor_app;

create or replace function retention_cutoff(p_tenant text, p_kind text, p_now timestamptz) returns timestamptz
  language plpgsql stable parallel safe security definer set search_path = pg_catalog, public as $$
declare
  cutoff timestamptz;
begin
  select max(retention_before(p_now, amount, unit)) into cutoff
  from public.retention_rule
  where kind = retention_ruled_by(p_kind) and (tenant_id is null or tenant_id = p_tenant)
  having bool_or(tenant_id is null);
  if cutoff is null then
    raise exception 'there is no retention rule for %', p_kind using errcode = 'invalid_parameter_value';
  end if;
  return greatest(cutoff,
    (select hidden_before from public.retention_watermark where tenant_id = p_tenant and kind = p_kind));
end
$$;
