import { createServer, type Server } from "node:http";
import express, { type Express } from "express";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** One condition of readiness: resolves when the part answers, rejects with what is wrong. */
export type Check = () => Promise<void>;

const CHECK_MS = 2_000;

/** Adds /healthz (the process lives) to an app. It tells nothing else, so that it may stand at a public door. */
export function addLiveness(app: Express): void {
  app.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });
}

/** An app with /healthz, /readyz (all that the process needs answers) and /metrics (Prometheus): for operators alone. */
export function healthApp(checks: Readonly<Record<string, Check>>, metrics: Metrics): Express {
  const app = express();
  app.disable("x-powered-by");
  addLiveness(app);
  app.get("/readyz", async (_request, response) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await outcome(check)] as const),
    );
    const ready = results.every(([, state]) => state === "ok");
    response
      .status(ready ? 200 : 503)
      .json({ status: ready ? "ok" : "unavailable", parts: Object.fromEntries(results) });
  });
  app.get("/metrics", async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return app;
}

async function outcome(check: Check): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), CHECK_MS);
  });
  try {
    await Promise.race([check(), late]);
    return "ok";
  } catch (error) {
    return error instanceof Error ? error.message : "failed";
  } finally {
    clearTimeout(timer);
  }
}

/** Serves health and metrics of a process on a listener of their own; port 0 serves nothing. */
export async function serveHealth(
  options: { readonly host: string; readonly port: number },
  checks: Readonly<Record<string, Check>>,
  metrics: Metrics,
): Promise<Server | undefined> {
  if (options.port === 0) return undefined;
  return listen(healthApp(checks, metrics), options);
}

/** Listens, or rejects with what holds the port. */
export function listen(app: Express, options: { readonly host: string; readonly port: number }): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(app);
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

/** Runs `stop` once at SIGTERM or SIGINT and ends the process; a second signal or 25 s end it at once. */
export function onShutdown(log: Log, stop: () => Promise<void>): void {
  let stopping = false;
  const handler = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info("Stopping", { signal });
    setTimeout(() => process.exit(1), 25_000).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error("Stopping failed", { error });
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", handler);
  process.on("SIGINT", handler);
}
