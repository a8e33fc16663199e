/** A running system of one test file's own, since its parts get killed. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stack, type StackOptions, startStack } from "../../cli/stack/stack.ts";
import { loadSettings, readIfThere } from "../../config/settings.ts";
import { type Database, openDatabase } from "../../platform/postgres.ts";
import { silentLog } from "../support/real.ts";

export interface World {
  readonly stack: Stack;
  /** The database as the processes have it. */
  readonly db: Database;
  close(): Promise<void>;
}

/** `withKontor: false`: the servers alone. */
export async function openWorld(options: Pick<StackOptions, "withKontor" | "server"> = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "kf-"));
  // Servers that run as another user pass through.
  await chmod(folder, 0o711);
  const portBase = process.env.KONTOR_TEST_PORT_BASE;
  const stack = await startStack({ home: join(folder, "home"), portBase, ...options });
  const { url, role } = loadSettings(stack.env, readIfThere).database;
  const db = openDatabase({ url, role, poolSize: 3 }, silentLog);
  return {
    stack,
    db,
    close: async () => {
      await db.close();
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Who signs in from this person's place in the demo. */
export function placeOf({ stack }: World, tenant: number, index: number) {
  const person = stack.demo.tenants[tenant]?.people[index];
  if (!person) throw new Error(`the demo has no person ${index} in tenant ${tenant}`);
  return { host: stack.demo.xmpp.host, port: stack.demo.xmpp.port, jid: person.jid, password: person.password };
}

/**
 * Kills a part and keeps its port, so that it can't come back before `release` is called: what is to be seen during its
 * absence is waited for, and not hoped to fit into the time of a restart. Whoever connects meanwhile is cut off.
 */
export async function killAndKeepDown(world: World, part: string): Promise<{ release(): void }> {
  const port = world.stack.status().parts.find(({ name }) => name === part)?.port;
  await world.stack.kill(part, "SIGKILL");
  const blocker = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    blocker.once("error", reject);
    blocker.listen(port, "127.0.0.1", resolve);
  });
  return { release: () => void blocker.close() };
}
