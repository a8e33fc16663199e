-- In: rooms. Out: invitations into them and what became of them, so that an answer finds who invited, whatever process
-- owns the room by then, and who invited over the API sees it. Details of what people did: ten days.

create table room_invitation (
  tenant_id text not null,
  room_id uuid not null,
  -- Bare address. Who is invited again has one invitation, the newer one.
  invitee text not null,
  -- Bare address of a person, or the tenant's domain where it was none.
  inviter text not null,
  invited_at timestamptz not null,
  state text not null check (state in ('pending', 'accepted', 'declined')),
  -- What the person said who declined.
  answer text,
  answered_at timestamptz,
  primary key (tenant_id, room_id, invitee),
  foreign key (tenant_id, room_id) references room (tenant_id, id) on delete cascade
);
-- What is over.
create index room_invitation_age on room_invitation (tenant_id, invited_at);
call kontor_protect('room_invitation');
grant select, insert, update, delete on room_invitation to kontor_app;

insert into retention_rule (tenant_id, kind, amount, unit) values (null, 'room-invitation', 10, 'day');
