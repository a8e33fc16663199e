/** Carries out what the API asks of the owner of a tenant's rooms, in order and once. */
import type { DoorContext } from "../components/door.ts";
import { type KontorError, toKontorError } from "../platform/errors.ts";
import { rounds } from "../platform/rounds.ts";
import { runCommand } from "./commands.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { answerCommand, WithdrawnError, waitingCommands } from "./store-commands.ts";

/** Gives the function that does what waits while `mayRun`. It never rejects; called while it works, it looks once more. */
export function commandRunner(
  context: DoorContext,
  rooms: Rooms,
  deps: RoomsDeps,
  mayRun: () => boolean,
): () => Promise<void> {
  const tenant = context.tenant.id;

  /** Whether it was done or refused: what the next owner shall do, or this one later, stays. */
  const run = async ({ id, payload }: Awaited<ReturnType<typeof waitingCommands>>[number]): Promise<boolean> => {
    let problem: KontorError | undefined;
    let result: string | undefined;
    try {
      result = await runCommand(tenant, rooms, deps, id, payload);
    } catch (error) {
      if (error instanceof WithdrawnError) return true;
      problem = toKontorError(error);
      if (problem.code === "unavailable") return false;
      if (problem.code === "internal") context.log.error("A command for a room failed", { room: payload.room, error });
    }
    // One that changed something was answered with its change, and this finds nothing to answer.
    await answerCommand(deps.db, tenant, id, new Date(deps.clock()), { error: problem, result });
    return true;
  };

  const look = rounds(
    async () => {
      const all = await waitingCommands(deps.db, tenant, new Date(deps.clock()));
      for (const waiting of all) if (!mayRun() || !(await run(waiting))) return "stop";
      return all.length > 0 ? "more" : "done";
    },
    (error) => context.log.debug("Commands could not be read; they are read when told of again", { error }),
  );
  return () => look(mayRun);
}
