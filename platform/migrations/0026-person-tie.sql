-- In: people. Out: what is still tied to the name of a person that is deleted. The person's row stands until no such row
-- refers to it, and with it the name is taken: nobody who gets it next finds what another one had. Old code runs with it:
-- it deletes no person to whom such rows refer, and the next version does.

create table person_tie (
  tenant_id text not null,
  person_id uuid not null,
  -- The part of the service that ends such ties, and takes its row away.
  area text not null check (area in ('rooms')),
  localpart text not null,
  -- Anew whenever they are to be looked for once more: whoever began before that does not end it.
  round uuid not null,
  begun_at timestamptz not null,
  primary key (tenant_id, person_id, area),
  foreign key (tenant_id, person_id) references person (tenant_id, id)
);
call kontor_protect('person_tie');
grant select, insert, update, delete on person_tie to kontor_app;

-- The rooms that somebody is tied to.
create index room_affiliation_jid on room_affiliation (tenant_id, jid);
