/**
 * A typical read and a typical audited write of our HTTP door beside a bare Express + pg handler with the same SQL:
 * requests a second under the same load, in alternating rounds.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { startStack } from "../../cli/stack/stack.ts";
import { loadSettings } from "../../config/settings.ts";
import { addToken } from "../../identity/index.ts";
import { newId } from "../../platform/ids.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { newSecret } from "../../platform/secrets.ts";
import { silentLog } from "../support/real.ts";
import { type Benchmark, type Row, row } from "./benchmark.ts";
import { listening, type Order, TENANT } from "./rest/protocol.ts";
import { median } from "./statistics.ts";

const PORT_BASE = 28_000;
const ROUNDS = 3;
const SECONDS = 5;
const CONNECTIONS = 10;
const HOUR_MS = 3_600_000;

const loads = [
  { name: "read: a page of 20 people", path: `/api/v1/tenants/${TENANT}/bench-people?limit=20`, method: "GET" },
  { name: "write: a group, audited", path: `/api/v1/tenants/${TENANT}/bench-groups`, method: "POST" },
] as const;

export const rest: Benchmark = {
  name: "rest",
  description: "our HTTP door beside a bare Express + pg handler with the same SQL: a read and an audited write",
  run: async (report, signal) => {
    const folder = mkdtempSync(join(tmpdir(), "kontor-bench-"));
    const portBase = process.env.KONTOR_TEST_PORT_BASE ?? PORT_BASE;
    const children: ChildProcess[] = [];
    let stop = async () => undefined as unknown;
    try {
      const stack = await startStack({ home: folder, portBase, report });
      stop = () => stack.stop();
      const settings = loadSettings(stack.env, () => undefined);
      const { adminUrl, url, role } = settings.database;
      const token = newSecret("bench");
      await giveToken(adminUrl ?? url, token);
      const order = { databaseUrl: url, role, redisUrl: settings.redis.url };
      const ports = {
        ours: await serve({ ...order, kind: "ours" }, children),
        bare: await serve({ ...order, kind: "bare" }, children),
      };
      const rows: Row[] = [];
      for (const load of loads) {
        const perSecond: Record<"ours" | "bare", number[]> = { ours: [], bare: [] };
        for (let round = 0; round <= ROUNDS; round++) {
          for (const kind of round % 2 === 0 ? (["bare", "ours"] as const) : (["ours", "bare"] as const)) {
            signal.throwIfAborted();
            const rate = await fire(`http://127.0.0.1:${ports[kind]}${load.path}`, load.method, token);
            report(`${load.name}, ${kind}, ${round === 0 ? "warm-up" : `round ${round}`}: ${Math.round(rate)}/s`);
            if (round > 0) perSecond[kind].push(rate);
          }
        }
        const detail = { better: "more", rounds: ROUNDS, seconds: SECONDS, connections: CONNECTIONS } as const;
        rows.push(
          row(load.name, median(perSecond.ours), median(perSecond.bare), "requests/s", { ...detail, ...perSecond }),
        );
      }
      return rows;
    } finally {
      for (const child of children) child.kill();
      await stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function giveToken(ownerUrl: string, token: string): Promise<void> {
  const db = openDatabase({ url: ownerUrl, poolSize: 1 }, silentLog);
  const now = new Date();
  const scopes = ["person:read", "group:change"];
  const expiresAt = new Date(now.getTime() + HOUR_MS);
  try {
    await addToken(db, { id: newId(), token, tenant: TENANT, label: "bench", scopes, expiresAt }, now);
  } finally {
    await db.close();
  }
}

/** Starts a server in a process of its own; gives its port. */
async function serve(order: Order, children: ChildProcess[]): Promise<number> {
  const child = fork(fileURLToPath(new URL("rest/serve.ts", import.meta.url)), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  children.push(child);
  child.send(order);
  const [said] = await once(child, "message");
  return listening.parse(said).port;
}

/** Requests a second; rejects when one was not answered with 2xx. */
async function fire(url: string, method: "GET" | "POST", token: string): Promise<number> {
  const { requests, errors, non2xx } = await autocannon({
    ...{ url, method, connections: CONNECTIONS, duration: SECONDS },
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(method === "POST" ? { body: JSON.stringify({ name: "Sitzungsdienst" }) } : {}),
  });
  if (errors > 0 || non2xx > 0) throw new Error(`${url}: ${errors} errors, ${non2xx} answers that were not 2xx`);
  return requests.average;
}
