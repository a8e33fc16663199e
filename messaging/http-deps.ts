import type { Quotas } from "../identity/core-quota.ts";
import { actorOf, findTenant } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import type { Caller } from "../platform/http.ts";
import { type CommandSenderDeps, sendCommand } from "./command-sender.ts";
import type { RoomCommand } from "./core-commands.ts";

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

/** The reason that this needs. Throws `bad-request` without one. */
export function requireReason({ reason }: Caller): string {
  const given = (reason ?? "").trim();
  if (given.length < 3) throw new KontorError("bad-request", "Say why: header X-Reason");
  return given;
}

/** Has the owner of a room do something in it: administrators of the tenant count as owners of all its rooms, moderators as admins. */
export async function order(
  deps: RoomHttpDeps,
  { tenant, room }: { readonly tenant: string; readonly room: string },
  caller: Caller,
  command: RoomCommand,
): Promise<void> {
  const { principal } = caller;
  const domain = await domainOf(deps, tenant);
  const by = principal.person?.tenant === tenant ? `${principal.person.localpart}@${domain}` : domain;
  const as = principal.may("rooms:change", tenant) ? "owner" : "admin";
  const { roles, ...who } = actorOf(caller);
  await sendCommand(deps, tenant, { room, by, as, actor: { ...who, roles: [...roles] }, command });
}
