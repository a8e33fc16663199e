-- In: tenants and rooms. Out: links between rooms and places of other networks, their id map and what could not be
-- delivered. Ids only: the text of messages stands in the room log alone.

create table bridge_link (
  tenant_id text not null,
  id uuid not null,
  room_id uuid not null,
  network text not null,
  -- The far place as one comparable text, such as '#office@irc.example:6697'.
  place text not null check (length(place) between 1 and 512),
  config jsonb not null,
  -- Goes up with each change of config, so that whoever holds the link opens it anew.
  version integer not null default 1,
  -- The last sequence number of the room log that the far side has confirmed or that is not for it.
  cursor bigint not null check (cursor >= 0),
  enabled boolean not null default true,
  state text not null default 'waiting' check (state in ('waiting', 'connecting', 'online', 'away', 'broken')),
  last_error text check (length(last_error) <= 500),
  created_at timestamptz not null,
  primary key (tenant_id, id),
  -- Two links between the same room and the same place would repeat everything.
  unique (tenant_id, room_id, network, place),
  foreign key (tenant_id, room_id) references room (tenant_id, id) on delete cascade
);
call kontor_protect('bridge_link');
grant select, insert, update, delete on bridge_link to kontor_app;

-- Which message here is which there: one of ours may be several parts there. Rows go after 90 days.
create table bridge_message (
  tenant_id text not null,
  link_id uuid not null,
  -- The id of the network, or one made by its adapter where the network has none.
  far_id text not null check (length(far_id) between 1 and 512),
  direction text not null check (direction in ('out', 'in')),
  -- The entry of the room log. Null for an inbound message until the room has committed it.
  log_id uuid,
  -- The inbox row that an inbound message went in by.
  inbox_id uuid,
  part smallint not null default 0,
  at timestamptz not null,
  -- An inbound message is applied once, however often the far side tells it.
  primary key (tenant_id, link_id, far_id),
  foreign key (tenant_id, link_id) references bridge_link (tenant_id, id) on delete cascade
);
-- From an entry of the log to the parts there: resuming within a message.
create index bridge_message_log on bridge_message (tenant_id, link_id, log_id, part);
-- From the inbox reference of a log entry to its row: learning the log id of an inbound message.
create index bridge_message_inbox on bridge_message (tenant_id, link_id, inbox_id) where inbox_id is not null;
-- Taking out old rows.
create index bridge_message_at on bridge_message (tenant_id, link_id, at);
call kontor_protect('bridge_message');
grant select, insert, update, delete on bridge_message to kontor_app;

-- What a far side refused for good. The latest hundred of a link are kept.
create table bridge_undeliverable (
  tenant_id text not null,
  link_id uuid not null,
  log_id uuid not null,
  reason text not null check (length(reason) <= 500),
  at timestamptz not null,
  primary key (tenant_id, link_id, log_id),
  foreign key (tenant_id, link_id) references bridge_link (tenant_id, id) on delete cascade
);
-- Showing the latest, and taking out what is beyond them.
create index bridge_undeliverable_at on bridge_undeliverable (tenant_id, link_id, at);
call kontor_protect('bridge_undeliverable');
grant select, insert, delete on bridge_undeliverable to kontor_app;
