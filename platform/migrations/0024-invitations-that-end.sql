-- In: invitations into rooms (0022). Out: one that comes back says so, with the condition of the error, and one that waits
-- may be withdrawn with the membership that it gave. Old code runs with it: what it writes has no letter to come back.

alter table room_invitation
  -- Id of the message that carries it: a bounce is known by it.
  add column letter text,
  -- It made a member of who had no tie to the room.
  add column made_member boolean not null default false,
  -- Condition of the error with which it came back.
  add column problem text;
alter table room_invitation drop constraint room_invitation_state_check;
alter table room_invitation add constraint room_invitation_state_check
  check (state in ('pending', 'accepted', 'declined', 'failed', 'withdrawn'));
