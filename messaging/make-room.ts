/** New rooms that administrators of a tenant make, over the API or by a command. */
import type { Transaction } from "kysely";
import type { Actor } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import type { ConfigChanges } from "./core-commands.ts";
import { checkName, firstConfig } from "./core-rules.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { createRoom } from "./store.ts";
import { readRules } from "./store-rules.ts";
import type { Tables } from "./tables.ts";

export interface NewRoom {
  readonly name: string;
  /** Bare address of its first owner. */
  readonly owner: string | undefined;
  readonly changes: ConfigChanges | undefined;
}

/** Makes a room by the rules of the tenant. Throws `policy-violation`, `quota-reached`, `conflict` for a name in use. */
export async function makeRoom(
  { db, clock, newId, quotas }: Pick<RoomsDeps, "db" | "clock" | "newId" | "quotas">,
  tenant: string,
  { name, owner, changes }: NewRoom,
  actor: (trx: Transaction<Tables>) => Promise<Actor> | Actor,
): Promise<void> {
  const rules = await readRules(db, tenant);
  checkName(rules, name, true);
  const config = firstConfig(rules, name, changes);
  const making = { now: new Date(clock()), newId, defaults: quotas, actor };
  const made = await createRoom(db, tenant, { id: newId(), name, config, owner, locked: false }, making);
  if (!made) throw new KontorError("conflict", `There is a room '${name}' already`);
}
