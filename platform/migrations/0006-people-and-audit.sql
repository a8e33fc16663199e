-- In: tenants, people, tokens. Out: life of tenants and people, groups, grants of roles, invitations, tasks for the XMPP
-- server, the audit log with its chain, and answers kept for repeated requests. Old code runs with it: only additions.

alter table tenant
  add column status text not null default 'active' check (status in ('active', 'suspended', 'closing', 'closed')),
  -- {people, rooms, storageBytes, links, messagesPerMinute}: an absent one is the installation's default.
  add column quotas jsonb not null default '{}',
  add column version integer not null default 1,
  add column updated_at timestamptz not null default now();
grant insert, update on tenant to kontor_app;

alter table person
  add column status text not null default 'active' check (status in ('invited', 'active', 'disabled', 'deleted')),
  add column email text check (length(email) <= 254),
  -- What the XMPP server knows of the account: 'pending' while a task for it is open.
  add column account text not null default 'present' check (account in ('none', 'pending', 'present', 'failed')),
  add column version integer not null default 1,
  add column updated_at timestamptz not null default now();

create table person_group (
  tenant_id text not null references tenant (id),
  id uuid not null,
  name text not null check (length(name) between 1 and 100),
  -- Its members see each other in their rosters.
  roster boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
call kontor_protect('person_group');
grant select, insert, update, delete on person_group to kontor_app;

create table group_member (
  tenant_id text not null,
  group_id uuid not null,
  person_id uuid not null,
  primary key (tenant_id, group_id, person_id),
  foreign key (tenant_id, group_id) references person_group (tenant_id, id) on delete cascade,
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
-- The groups of a person.
create index group_member_person on group_member (tenant_id, person_id);
call kontor_protect('group_member');
grant select, insert, delete on group_member to kontor_app;

-- A role of a person. Scope null: for the whole installation (operator, ordering person); otherwise for that tenant.
create table role_grant (
  -- The tenant whose person it is.
  tenant_id text not null,
  person_id uuid not null,
  role text not null check (role in
    ('operator', 'ordering-person', 'tenant-administrator', 'dpo', 'auditor', 'opener', 'moderator', 'user')),
  scope text references tenant (id),
  reason text,
  granted_by text not null,
  created_at timestamptz not null,
  -- Set for access that is given for a while only (break-glass).
  expires_at timestamptz,
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
-- One grant of a role and scope a person; also the look-up at sign-in.
create unique index role_grant_person on role_grant (tenant_id, person_id, role, coalesce(scope, '*'));
call kontor_protect('role_grant');
grant select, insert, update, delete on role_grant to kontor_app;
-- The roles that people have so far.
insert into role_grant (tenant_id, person_id, role, scope, granted_by, created_at)
  select p.tenant_id, p.id, role, p.tenant_id, 'migration', now() from person p, unnest(p.roles) as role;

create table invitation (
  tenant_id text not null,
  id uuid not null,
  person_id uuid not null,
  -- SHA-256 of the secret in the link: single use.
  token_hash text not null unique,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, person_id) references person (tenant_id, id) on delete cascade
);
call kontor_protect('invitation');
grant select, insert, update, delete on invitation to kontor_app;

-- What the XMPP server still has to be told of an account (XEP-0133). A password waits here encrypted, never in clear.
create table account_task (
  tenant_id text not null references tenant (id),
  id uuid not null,
  person_id uuid not null,
  localpart text not null,
  kind text not null check (kind in ('create', 'password', 'enable', 'disable', 'delete')),
  sealed_password text,
  attempts integer not null default 0,
  problem text,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);
call kontor_protect('account_task');
grant select, insert, update, delete on account_task to kontor_app;

-- Every modifying access, and every read of this log. Append-only for the application; chained for each tenant, '-' for
-- what concerns the installation. Actors are pseudonyms, so that an erasure does not break the chain.
create table audit_entry (
  tenant_id text not null,
  position bigint not null check (position > 0),
  previous text not null,
  hash text not null,
  at timestamptz not null,
  actor uuid not null,
  roles text[] not null,
  action text not null,
  object text not null,
  before jsonb,
  after jsonb,
  reason text,
  address text,
  request_id text,
  primary key (tenant_id, position)
);
-- Search by time, newest first.
create index audit_entry_at on audit_entry (tenant_id, at desc);
call kontor_protect('audit_entry');
grant select, insert on audit_entry to kontor_app;

create table audit_chain (
  tenant_id text primary key,
  position bigint not null,
  hash text not null
);
call kontor_protect('audit_chain');
grant select, insert, update on audit_chain to kontor_app;

-- Heads that were signed (Ed25519): what lies at or before a signed position cannot be rewritten unseen.
create table audit_signature (
  tenant_id text not null,
  position bigint not null,
  hash text not null,
  signature text not null,
  key_id text not null,
  at timestamptz not null,
  primary key (tenant_id, position)
);
call kontor_protect('audit_signature');
grant select, insert on audit_signature to kontor_app;

-- Who a pseudonym is; deleted at an erasure.
create table actor (
  tenant_id text not null,
  id uuid not null,
  -- Person id, token id, 'cli', 'job:<name>'.
  who text not null,
  name text not null,
  primary key (tenant_id, id),
  unique (tenant_id, who)
);
call kontor_protect('actor');
grant select, insert, delete on actor to kontor_app;

alter table api_token
  add column created_by text,
  add column revoked_at timestamptz;
grant insert, update on api_token to kontor_app;

-- Answers to requests with an Idempotency-Key, for a day.
create table idempotency (
  principal text not null,
  key text not null,
  request_hash text not null,
  -- Null while the first request still runs.
  status integer,
  body text,
  created_at timestamptz not null,
  primary key (principal, key)
);
-- What is older than a day is deleted.
create index idempotency_age on idempotency (created_at);
grant select, insert, update, delete on idempotency to kontor_app;
