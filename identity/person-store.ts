import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { versionTag } from "../platform/http.ts";
import { wake } from "../platform/wake.ts";
import { unknownPassword } from "./account-commands.ts";
import { addAccountTask } from "./account-store.ts";
import { type Actor, audit } from "./audit.ts";
import { passwordProblem } from "./core-password.ts";
import { tellDirectory } from "./directory-events.ts";
import { setGroups } from "./group-members.ts";
import { addInvitation, type InvitationLink } from "./invitation-store.ts";
import { requireOtherAdministrator } from "./last-administrator.ts";
import {
  accountTasksTopic,
  type PeopleDeps,
  type PersonStatus,
  type PersonTables,
  personDisabledTopic,
} from "./person-tables.ts";
import { beginTies, personTiesTopic } from "./person-ties.ts";
import { checkPeople } from "./tenant-quota.ts";

/** Changes of people: each with its task for the XMPP server and its audit entry in one transaction. */

export interface NewPerson {
  readonly localpart: string;
  readonly name: string;
  readonly email: string | null;
  /** Without one the person is invited. */
  readonly password?: string;
  readonly groups?: readonly string[];
}

type Trx = Transaction<PersonTables>;

/** Adds a person in the caller's transaction, which has checked the quota; tell the XMPP side with `tellAccounts` afterwards. */
export async function insertPerson(
  trx: Trx,
  deps: PeopleDeps,
  tenant: string,
  person: NewPerson,
  actor: Actor,
): Promise<{ id: string; invitation: InvitationLink | null }> {
  const now = new Date(deps.clock());
  const { localpart, name, email, password, groups = [] } = person;
  const problem = password === undefined ? undefined : passwordProblem(password, person);
  if (problem) throw new KontorError("bad-request", `body.password: ${problem}`);
  await requireTenant(trx, tenant);
  const id = deps.newId();
  const status = password === undefined ? "invited" : "active";
  const added = await trx
    .insertInto("person")
    .values({
      ...{ tenant_id: tenant, id, localpart, name, email, status, roles: ["user"] },
      ...{ account: "pending", created_at: now, updated_at: now },
    })
    .onConflict((conflict) => conflict.columns(["tenant_id", "localpart"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (!added) throw await takenName(trx, tenant, localpart);
  const grant = { role: "user", scope: tenant, reason: null, granted_by: actor.who, expires_at: null };
  await trx
    .insertInto("role_grant")
    .values({ tenant_id: tenant, person_id: id, ...grant, created_at: now })
    .execute();
  if (groups.length > 0) {
    const rows = groups.map((group) => ({ tenant_id: tenant, group_id: group, person_id: id }));
    await trx.insertInto("group_member").values(rows).execute();
  }
  const task = { tenant, person: id, localpart, kind: "create", password: password ?? unknownPassword() } as const;
  await addAccountTask(trx, task, { ...deps, now });
  const invitation = status === "invited" ? await addInvitation(trx, deps, tenant, id, now) : null;
  const after = { localpart, name, email, status, groups };
  await audit(trx, actor, { tenant, action: "person:create", object: `person/${id}`, after }, now, deps.newId);
  return { id, invitation };
}

/** Adds a person. Throws `conflict` for a local part that is taken. */
export async function createPerson(deps: PeopleDeps, tenant: string, person: NewPerson, actor: Actor) {
  const made = await deps.db.withTenants([tenant], async (trx: Trx) => {
    await checkPeople(trx, tenant, deps.quotas);
    return insertPerson(trx, deps, tenant, person, actor);
  });
  await tellAccounts(deps, tenant);
  await tellDirectory(deps, tenant);
  return made;
}

export interface PersonChange {
  readonly name: string;
  readonly email: string | null;
  /** Ids of all groups the person is to be in; undefined: as it is. */
  readonly groups?: readonly string[] | undefined;
  /** Throws when the tag of what is there is not the one the caller read. */
  readonly ifMatch: (current: string) => void;
}

/** Throws `precondition-failed` when somebody was faster, `not-found` also for a group that is not there. */
export async function changePerson(deps: PeopleDeps, tenant: string, id: string, to: PersonChange, actor: Actor) {
  await changing(deps, tenant, id, actor, "person:change", async (trx, person) => {
    to.ifMatch(versionTag(person.version));
    const after = { name: to.name, email: to.email };
    const groups = to.groups && (await setGroups(trx, tenant, id, to.groups));
    await setPerson(trx, tenant, id, after, deps);
    return {
      before: { name: person.name, email: person.email, ...(groups && { groups: groups.before }) },
      after: { ...after, ...(groups && { groups: groups.after }) },
    };
  });
  await tellDirectory(deps, tenant);
}

/**
 * The account gets a password that nobody knows, all sessions end, open links are void. Throws `conflict` for the last
 * administrator of the tenant.
 */
export async function disablePerson(deps: PeopleDeps, tenant: string, id: string, actor: Actor): Promise<void> {
  await leaving(deps, tenant, id, actor, "disable");
}

/**
 * As disabling; the row goes, and with it the name is free, when the XMPP server has deleted the account and nothing is
 * tied to the name any more.
 */
export async function deletePerson(deps: PeopleDeps, tenant: string, id: string, actor: Actor): Promise<void> {
  await leaving(deps, tenant, id, actor, "delete");
}

async function leaving(deps: PeopleDeps, tenant: string, id: string, actor: Actor, kind: "disable" | "delete") {
  if (actor.who === id)
    throw new KontorError("forbidden", "Nobody disables or deletes himself: ask another administrator");
  await changing(deps, tenant, id, actor, `person:${kind}`, async (trx, person) => {
    await requireOtherAdministrator(trx, { tenant, id }, new Date(deps.clock()));
    const after = { status: kind === "disable" ? "disabled" : "deleted" } as const;
    await setPerson(trx, tenant, id, after, deps);
    await trx.deleteFrom("invitation").where("tenant_id", "=", tenant).where("person_id", "=", id).execute();
    const task = { tenant, person: id, localpart: person.localpart, kind };
    const at = { ...deps, now: new Date(deps.clock()) };
    await addAccountTask(trx, task, at);
    if (kind === "delete") await beginTies(trx, task, at);
    return { before: { status: person.status }, after };
  });
  await tellAccounts(deps, tenant);
  await tellDirectory(deps, tenant);
  await wake(deps.redis, personDisabledTopic, { tenant, person: id }, deps.log);
  if (kind === "delete") await wake(deps.redis, personTiesTopic, { tenant }, deps.log);
}

/**
 * A link by which the person sets a password: for who was invited, forgot it, or (`enable`) comes back, whose old
 * password is lost with the disabling. Links from before are void.
 */
export async function invitePerson(
  deps: PeopleDeps,
  tenant: string,
  id: string,
  actor: Actor,
  why: "invite" | "reset" | "enable",
): Promise<InvitationLink> {
  return changing(deps, tenant, id, actor, `person:${why}`, async (trx, person) => {
    const fits = { invite: "invited", reset: "active", enable: "disabled" }[why];
    if (person.status !== fits)
      throw new KontorError("conflict", `This is for people who are ${fits}, not ${person.status}`);
    const status = why === "invite" || why === "enable" ? "invited" : "active";
    if (status !== person.status) await setPerson(trx, tenant, id, { status }, deps);
    const result = await addInvitation(trx, deps, tenant, id, new Date(deps.clock()));
    return { before: { status: person.status }, after: { status, expiresAt: result.expiresAt }, result };
  });
}

interface Locked {
  readonly localpart: string;
  readonly name: string;
  readonly email: string | null;
  readonly status: string;
  readonly version: number;
}

/** Locks a person, has it changed and writes the audit entry. */
async function changing<R = undefined>(
  deps: PeopleDeps,
  tenant: string,
  id: string,
  actor: Actor,
  action: string,
  work: (trx: Trx, person: Locked) => Promise<{ before: unknown; after: unknown; result?: R }>,
): Promise<R> {
  return deps.db.withTenants([tenant], async (trx: Trx) => {
    const person = await trx
      .selectFrom("person")
      .select(["localpart", "name", "email", "status", "version"])
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .where("status", "<>", "deleted")
      .forUpdate()
      .executeTakeFirst();
    if (!person) throw new KontorError("not-found", "There is no such person");
    await requireOrdinary(trx, tenant, id, actor);
    const { before, after, result } = await work(trx, person);
    const change = { tenant, action, object: `person/${id}`, before, after };
    await audit(trx, actor, change, new Date(deps.clock()), deps.newId);
    return result as R;
  });
}

/** Who could set the password of somebody with a role above the tenant could take that role. */
async function requireOrdinary(trx: Trx, tenant: string, id: string, actor: Actor): Promise<void> {
  if (actor.who === "cli") return;
  const above = await trx
    .selectFrom("role_grant")
    .select("role")
    .where("tenant_id", "=", tenant)
    .where("person_id", "=", id)
    .where(sql<boolean>`scope is distinct from ${tenant}`)
    .limit(1)
    .executeTakeFirst();
  if (above)
    throw new KontorError("forbidden", `This person is ${above.role} beyond the tenant: take that role away first`);
}

async function takenName(trx: Trx, tenant: string, localpart: string): Promise<KontorError> {
  const there = await trx
    .selectFrom("person")
    .select("status")
    .where("tenant_id", "=", tenant)
    .where("localpart", "=", localpart)
    .executeTakeFirst();
  return new KontorError("conflict", takenText(localpart, there?.status));
}

/** Why a name cannot be given to somebody new, by the status of who has it. */
export const takenText = (localpart: string, status: PersonStatus | undefined): string =>
  status === "deleted"
    ? `${localpart} is still being deleted: the name is free when that has ended`
    : `${localpart} is there already`;

async function requireTenant(trx: Trx, tenant: string): Promise<void> {
  const found = await trx.selectFrom("tenant").select("status").where("id", "=", tenant).executeTakeFirst();
  if (!found) throw new KontorError("not-found", "There is no such tenant");
  if (found.status !== "active")
    throw new KontorError("policy-violation", `The tenant is ${found.status}: nobody can be added`);
}

async function setPerson(
  trx: Trx,
  tenant: string,
  id: string,
  to: { name?: string; email?: string | null; status?: "invited" | "active" | "disabled" | "deleted" },
  { clock }: Pick<PeopleDeps, "clock">,
): Promise<void> {
  await trx
    .updateTable("person")
    .set((eb) => ({ ...to, version: eb("version", "+", 1), updated_at: new Date(clock()) }))
    .where("tenant_id", "=", tenant)
    .where("id", "=", id)
    .execute();
}

/** Tells the XMPP side that there are tasks. */
export const tellAccounts = (deps: PeopleDeps, tenant: string): Promise<void> =>
  wake(deps.redis, accountTasksTopic, { tenant }, deps.log);
