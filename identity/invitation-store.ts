import type { Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { hashToken, newSecret } from "../platform/secrets.ts";
import { wake } from "../platform/wake.ts";
import { addAccountTask } from "./account-store.ts";
import { audit } from "./audit.ts";
import { passwordProblem } from "./core-password.ts";
import { tellDirectory } from "./directory-events.ts";
import { accountTasksTopic, type PeopleDeps, type PersonTables } from "./person-tables.ts";

/** Links by which people set their own password: single use, a week long, only their hash is kept. */

export interface InvitationLink {
  /** The secret stands behind `#`: browsers send that to nobody, and no log holds it. */
  readonly link: string;
  readonly expiresAt: string;
}

const DAYS = 7;

/** Makes a link in the caller's transaction; the person's earlier ones are void. */
export async function addInvitation(
  trx: Transaction<PersonTables>,
  { newId, publicUrl }: Pick<PeopleDeps, "newId" | "publicUrl">,
  tenant: string,
  person: string,
  now: Date,
): Promise<InvitationLink> {
  const token = `${tenant}.${newSecret("invitation")}`;
  const expires_at = new Date(now.getTime() + DAYS * 86_400_000);
  await trx.deleteFrom("invitation").where("tenant_id", "=", tenant).where("person_id", "=", person).execute();
  const row = { tenant_id: tenant, id: newId(), person_id: person, token_hash: hashToken(token) };
  await trx
    .insertInto("invitation")
    .values({ ...row, expires_at, used_at: null, created_at: now })
    .execute();
  const link = new URL("/console/invitation", publicUrl);
  link.hash = token;
  return { link: link.href, expiresAt: expires_at.toISOString() };
}

export interface Invited {
  readonly id: string;
  readonly localpart: string;
  readonly name: string;
  readonly jid: string;
  /** The name of the tenant. */
  readonly organisation: string;
  readonly expiresAt: string;
}

/** Whom a link is for. Throws `gone` for one that is unknown, used or over: a guesser learns no more. */
export function lookAtInvitation(deps: PeopleDeps, token: string): Promise<Invited> {
  const tenant = tenantOf(token);
  return deps.db.withTenants([tenant], (trx: Transaction<PersonTables>) => find(trx, deps, tenant, token));
}

/** Sets the password by a link, once. Throws `gone`, and `bad-request` for a password that is not good enough. */
export async function acceptInvitation(deps: PeopleDeps, token: string, password: string, from: string | undefined) {
  const tenant = tenantOf(token);
  const now = new Date(deps.clock());
  const accepted = await deps.db.withTenants([tenant], async (trx: Transaction<PersonTables>) => {
    const invited = await find(trx, deps, tenant, token);
    const problem = passwordProblem(password, invited);
    if (problem) throw new KontorError("bad-request", `body.password: ${problem}`);
    await trx
      .updateTable("invitation")
      .set({ used_at: now })
      .where("tenant_id", "=", tenant)
      .where("token_hash", "=", hashToken(token))
      .execute();
    await trx
      .updateTable("person")
      .set((eb) => ({ status: "active", version: eb("version", "+", 1), updated_at: now }))
      .where("tenant_id", "=", tenant)
      .where("id", "=", invited.id)
      .execute();
    const { id, localpart, name } = invited;
    const task = { tenant, person: id, localpart, kind: "password", password } as const;
    await addAccountTask(trx, task, { ...deps, now });
    const actor = { who: id, name, roles: ["user"], reason: undefined, address: from, requestId: undefined };
    const change = { tenant, action: "person:set-password", object: `person/${id}`, after: { status: "active" } };
    await audit(trx, actor, change, now, deps.newId);
    return invited;
  });
  await wake(deps.redis, accountTasksTopic, { tenant }, deps.log);
  await tellDirectory(deps, tenant);
  return accepted;
}

/** Locks the invitation and its person: of two that use it at once, the second finds it used. */
async function find(trx: Transaction<PersonTables>, deps: PeopleDeps, tenant: string, token: string): Promise<Invited> {
  const found = await trx
    .selectFrom("invitation as i")
    .innerJoin("person as p", (join) => join.onRef("p.tenant_id", "=", "i.tenant_id").onRef("p.id", "=", "i.person_id"))
    .innerJoin("tenant as t", "t.id", "i.tenant_id")
    .select(["p.id", "p.localpart", "p.name", "t.domain", "t.name as organisation", "i.expires_at"])
    .where("i.tenant_id", "=", tenant)
    .where("i.token_hash", "=", hashToken(token))
    .where("i.used_at", "is", null)
    .where("i.expires_at", ">", new Date(deps.clock()))
    .where("p.status", "in", ["invited", "active"])
    .where("t.status", "=", "active")
    .forUpdate(["i", "p"])
    .executeTakeFirst();
  if (!found) throw new KontorError("gone", "This link was used or has expired: ask your administrator for a new one");
  const { id, localpart, name, domain, organisation, expires_at } = found;
  return { id, localpart, name, jid: `${localpart}@${domain}`, organisation, expiresAt: expires_at.toISOString() };
}

/** Whose link it is, as the link itself says. */
export function tenantOf(token: string): string {
  return token.slice(0, token.indexOf("."));
}
