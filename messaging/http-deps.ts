import type { Quotas } from "../identity/core-quota.ts";
import { actorOf, findTenant, personNames } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import type { Caller } from "../platform/http.ts";
import type { Database } from "../platform/postgres.ts";
import { type CommandSenderDeps, sendCommand } from "./command-sender.ts";
import type { CommandPayload, RoomCommand, Saying } from "./core-commands.ts";
import type { Answer } from "./store-commands.ts";
import { readRules } from "./store-rules.ts";

export interface RoomHttpDeps extends CommandSenderDeps {
  /** The installation's limits. */
  readonly quotas: Quotas;
}

/** The domain of a tenant. Throws `not-found`. */
export async function domainOf({ db }: Pick<RoomHttpDeps, "db">, tenant: string): Promise<string> {
  const found = await findTenant(db, tenant);
  if (!found) throw new KontorError("not-found", "There is no such tenant");
  return found.domain;
}

/** The names of those who are people of the tenant, by their bare addresses. */
export async function namesOf(
  deps: Pick<RoomHttpDeps, "db">,
  tenant: string,
  jids: readonly string[],
): Promise<Map<string, string>> {
  const ending = `@${await domainOf(deps, tenant)}`;
  const ours = jids.filter((jid) => jid.endsWith(ending)).map((jid) => jid.slice(0, -ending.length));
  const names = await personNames(deps.db, tenant, [...new Set(ours)]);
  return new Map([...names].map(([localpart, name]) => [`${localpart}${ending}`, name]));
}

/** Throws `policy-violation` where nothing is archived. */
export async function requireArchive(db: Database, tenant: string): Promise<void> {
  if ((await readRules(db, tenant)).archive) return;
  throw new KontorError("policy-violation", "The rules of this tenant let no archive be kept");
}

/** The reason that this needs. Throws `bad-request` without one. */
export function requireReason({ reason }: Caller): string {
  const given = (reason ?? "").trim();
  if (given.length < 3) throw new KontorError("bad-request", "Say why: header X-Reason");
  return given;
}

/** Has the owner of a room do something in it: administrators of the tenant count as owners of all its rooms, moderators as admins. */
export async function order(deps: RoomHttpDeps, path: RoomPath, caller: Caller, command: RoomCommand): Promise<void> {
  const as = caller.principal.may("rooms:change", path.tenant) ? "owner" : "admin";
  await sendAs(deps, path, caller, as, command);
}

/** Has something said in a room, as the person that asks, or as a bot of the tenant. Gives the archive id. */
export async function orderSaying(
  deps: RoomHttpDeps,
  path: RoomPath,
  caller: Caller,
  command: Saying,
): Promise<string> {
  const { result } = await sendAs(deps, path, caller, "admin", command);
  if (result === null) throw new KontorError("internal", "What was said has no id");
  return result;
}

interface RoomPath {
  readonly tenant: string;
  readonly room: string;
}

async function sendAs(
  deps: RoomHttpDeps,
  { tenant, room }: RoomPath,
  caller: Caller,
  as: CommandPayload["as"],
  command: RoomCommand,
): Promise<Answer> {
  const by = await addressOf(deps, tenant, caller);
  const { roles, ...who } = actorOf(caller);
  return sendCommand(deps, tenant, { room, by, as, actor: { ...who, roles: [...roles] }, command });
}

/** The bare address of the person that asks; anybody else counts as the domain of the tenant. */
export async function addressOf(deps: RoomHttpDeps, tenant: string, { principal }: Caller): Promise<string> {
  const domain = await domainOf(deps, tenant);
  return principal.person?.tenant === tenant ? `${principal.person.localpart}@${domain}` : domain;
}
