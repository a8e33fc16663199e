/** Hands commands to the owner of a tenant's rooms and waits for what became of them. */
import type { Redis } from "ioredis";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { wake } from "../platform/wake.ts";
import type { CommandPayload } from "./core-commands.ts";
import { roomCommandTopic } from "./live.ts";
import { type Answer, putCommand, takeAnswer } from "./store-commands.ts";

export interface CommandSenderDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly log: Log;
  readonly clock: () => number;
  readonly newId: NewId;
}

/** When the answer is looked for, in milliseconds after each other: a change takes a few milliseconds, a change of owner seconds. */
const LOOKS_MS = [10, 15, 25, 50, 100, 200, 400, 600, 600, 1_000, 1_000, 1_000, 1_500, 1_500];

/**
 * Has a command carried out. Throws what it met, or `unavailable` when no owner took it in time: then it is withdrawn
 * and was surely not done.
 */
export async function sendCommand(deps: CommandSenderDeps, tenant: string, payload: CommandPayload): Promise<Answer> {
  const id = deps.newId();
  await putCommand(deps.db, tenant, { id, payload, at: new Date(deps.clock()) });
  for (const ms of LOOKS_MS) {
    // Told again each time it took long: a wake-up may be lost, and the owner may be a new one.
    if (ms === 10 || ms >= 600) await wake(deps.redis, roomCommandTopic, { tenant }, deps.log);
    await new Promise((resolve) => setTimeout(resolve, ms));
    const answer = await takeAnswer(deps.db, tenant, id, false);
    if (answer) return answer;
  }
  const answer = await takeAnswer(deps.db, tenant, id, true);
  if (answer) return answer;
  throw new KontorError("unavailable", "The rooms of the tenant do not answer: nothing was changed, try again later");
}
