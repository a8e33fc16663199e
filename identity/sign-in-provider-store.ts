import { type Selectable, type SqlBool, sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { versionTag } from "../platform/http.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { type SealKey, seal, unseal } from "../platform/seal.ts";
import { type Actor, audit } from "./audit.ts";
import type { ClaimRules } from "./core-sign-in-claims.ts";

/** The OpenID provider of a tenant: one or none. Its client secret is sealed, and leaves only towards the provider. */

interface ProviderTable {
  tenant_id: string;
  issuer: string;
  client_id: string;
  sealed_secret: string;
  person_claim: string;
  person_match: ClaimRules["personMatch"];
  tenant_claim: string;
  tenant_value: string;
  version: number;
  updated_at: Date;
}

interface Tables {
  tenant: { id: string; domain: string; status: string };
  person: { tenant_id: string; id: string; localpart: string; email: string | null; status: string };
  sign_in_provider: ProviderTable;
}
type Trx = Transaction<Tables>;

/** What an administrator says of a provider. */
interface ProviderSettings extends ClaimRules {
  readonly issuer: string;
  readonly clientId: string;
}

export interface Provider extends ProviderSettings {
  readonly version: number;
  readonly updatedAt: Date;
}

/** With all that signing in needs. */
export interface UsableProvider extends Provider {
  readonly tenant: string;
  readonly domain: string;
  readonly clientSecret: string;
}

interface StoreDeps {
  readonly db: Database;
  readonly newId: NewId;
  readonly clock: () => number;
  /** Master from which the key is derived under which the client's secret is kept. */
  readonly secret: string;
}

const keyOf = (master: string): SealKey => ({ master, purpose: "sign-in-provider" });
/** A secret is of one client at one issuer: kept under another one it would be sent to a stranger. */
const placeOf = (tenant: string, { issuer, clientId }: Pick<Provider, "issuer" | "clientId">): string =>
  JSON.stringify([tenant, issuer, clientId]);

const shown = (row: Selectable<ProviderTable>): Provider => ({
  issuer: row.issuer,
  clientId: row.client_id,
  personClaim: row.person_claim,
  personMatch: row.person_match,
  tenantClaim: row.tenant_claim,
  tenantValue: row.tenant_value,
  version: row.version,
  updatedAt: row.updated_at,
});

const rowOf = (trx: Trx, tenant: string) =>
  trx.selectFrom("sign_in_provider").selectAll().where("tenant_id", "=", tenant);

const missing = () => new KontorError("not-found", "No sign-in through an OpenID provider is set up");

/** Throws `not-found` where none is set up. */
export function readProvider(db: Database, tenant: string): Promise<Provider> {
  return db.withTenants([tenant], async (trx: Trx) => {
    const row = await rowOf(trx, tenant).executeTakeFirst();
    if (!row) throw missing();
    return shown(row);
  });
}

/** The provider of a tenant that is in service; undefined for none. Throws `unavailable` when its secret is lost. */
export function usableProvider(db: Database, secret: string, tenant: string): Promise<UsableProvider | undefined> {
  return db.withTenants([tenant], async (trx: Trx) => {
    const of = await trx
      .selectFrom("tenant")
      .select("domain")
      .where("id", "=", tenant)
      .where("status", "=", "active")
      .executeTakeFirst();
    const row = of && (await rowOf(trx, tenant).executeTakeFirst());
    if (!row) return undefined;
    const provider = shown(row);
    try {
      const clientSecret = unseal(keyOf(secret), placeOf(tenant, provider), row.sealed_secret);
      return { ...provider, ...of, tenant, clientSecret };
    } catch (error) {
      const detail = "The client secret was sealed under another secret: an administrator must enter it anew";
      throw new KontorError("unavailable", detail, {}, error);
    }
  });
}

/** The tenant of a domain, where it is in service and offers sign-in through a provider. */
export async function tenantWithProvider(db: Database, domain: string): Promise<string | undefined> {
  const tenant = await db
    .common<Tables>()
    .selectFrom("tenant")
    .select("id")
    .where("domain", "=", domain)
    .where("status", "=", "active")
    .executeTakeFirst();
  if (!tenant) return undefined;
  const row = await db.withTenants([tenant.id], (trx: Trx) => rowOf(trx, tenant.id).executeTakeFirst());
  return row && tenant.id;
}

/** The active person of a name; undefined for none, and for an e-mail address that several have. */
export async function personNamed(
  db: Database,
  tenant: string,
  match: ClaimRules["personMatch"],
  name: string,
): Promise<string | undefined> {
  const found = await db.withTenants([tenant], (trx: Trx) => {
    const people = trx
      .selectFrom("person")
      .select("id")
      .where("tenant_id", "=", tenant)
      .where("status", "=", "active")
      .limit(2);
    if (match === "localpart") return people.where("localpart", "=", name).execute();
    return people.where(sql<SqlBool>`email is not null and lower(email) = ${name}`).execute();
  });
  return found.length === 1 ? found[0]?.id : undefined;
}

export interface ProviderChange extends ProviderSettings {
  /** Absent: the one that is kept, which holds for the same issuer and client only. */
  readonly clientSecret: string | undefined;
  readonly ifMatch: (current: string) => void;
}

/** Sets up or changes the provider of a tenant. */
export function setProvider(deps: StoreDeps, tenant: string, change: ProviderChange, actor: Actor): Promise<Provider> {
  const { ifMatch, clientSecret, ...to } = change;
  return deps.db.withTenants([tenant], async (trx: Trx) => {
    // The tenant's row is locked, so that two who set it up at once do not miss each other.
    await trx.selectFrom("tenant").select("id").where("id", "=", tenant).forNoKeyUpdate().executeTakeFirst();
    const old = await rowOf(trx, tenant).executeTakeFirst();
    ifMatch(old ? versionTag(old.version) : "");
    const same = old !== undefined && placeOf(tenant, shown(old)) === placeOf(tenant, to);
    if (clientSecret === undefined && !same) {
      throw new KontorError("bad-request", "body.clientSecret: a new issuer or client needs its secret");
    }
    const sealed_secret =
      clientSecret === undefined ? old?.sealed_secret : seal(keyOf(deps.secret), placeOf(tenant, to), clientSecret);
    const now = new Date(deps.clock());
    const values = {
      ...{ issuer: to.issuer, client_id: to.clientId, person_claim: to.personClaim, person_match: to.personMatch },
      ...{ tenant_claim: to.tenantClaim, tenant_value: to.tenantValue, sealed_secret: sealed_secret ?? "" },
      ...{ version: (old?.version ?? 0) + 1, updated_at: now },
    };
    const row = await trx
      .insertInto("sign_in_provider")
      .values({ tenant_id: tenant, ...values })
      .onConflict((conflict) => conflict.column("tenant_id").doUpdateSet(values))
      .returningAll()
      .executeTakeFirstOrThrow();
    const before = old ? settingsOf(shown(old)) : null;
    const after = { ...to, ...(clientSecret === undefined ? {} : { clientSecret }) };
    const entry = { tenant, action: "sign-in:change", object: "sign-in", before, after };
    await audit(trx, actor, entry, now, deps.newId);
    return shown(row);
  });
}

/** Ends sign-in through the provider; sessions that began so go on. Throws `not-found` where there is none. */
export async function removeProvider(
  deps: StoreDeps,
  tenant: string,
  ifMatch: (current: string) => void,
  actor: Actor,
): Promise<void> {
  await deps.db.withTenants([tenant], async (trx: Trx) => {
    const old = await rowOf(trx, tenant).forUpdate().executeTakeFirst();
    if (!old) throw missing();
    ifMatch(versionTag(old.version));
    await trx.deleteFrom("sign_in_provider").where("tenant_id", "=", tenant).execute();
    const before = settingsOf(shown(old));
    const entry = { tenant, action: "sign-in:remove", object: "sign-in", before };
    await audit(trx, actor, entry, new Date(deps.clock()), deps.newId);
  });
}

const settingsOf = ({ version: _version, updatedAt: _at, ...settings }: Provider): ProviderSettings => settings;
