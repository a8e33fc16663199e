-- In: tenants, people. Out: the OpenID provider of a tenant. Old code runs with it: only additions.

create table sign_in_provider (
  tenant_id text primary key references tenant (id),
  issuer text not null check (length(issuer) <= 500),
  client_id text not null check (length(client_id) <= 300),
  -- AES-256-GCM, bound to tenant, issuer and client: it opens for no other.
  sealed_secret text not null,
  -- The claim that names the person, and what of the person it names.
  person_claim text not null check (length(person_claim) <= 100),
  person_match text not null check (person_match in ('localpart', 'email')),
  -- What an ID token must say so that it speaks of somebody of this tenant.
  tenant_claim text not null check (length(tenant_claim) <= 100),
  tenant_value text not null check (length(tenant_value) between 1 and 300),
  version integer not null default 1,
  updated_at timestamptz not null
);
call kontor_protect('sign_in_provider');
grant select, insert, update, delete on sign_in_provider to kontor_app;

-- Who signs in by e-mail address is looked up by it.
create index person_email on person (tenant_id, lower(email)) where email is not null;
