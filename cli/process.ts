import type { Redis } from "ioredis";
import { loadSettings, readIfThere, type Settings, SettingsError } from "../config/settings.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import type { Check } from "../platform/health.ts";
import { createLog, type Log } from "../platform/log.ts";
import { createMetrics, type Metrics } from "../platform/metrics.ts";
import { type Database, openDatabase } from "../platform/postgres.ts";
import { openPatientRedis, openRedis } from "../platform/redis.ts";

/** What every long-running process has: made once here, handed down as parameters. */
export interface ProcessBase {
  readonly settings: Settings;
  readonly log: Log;
  readonly metrics: Metrics;
  /** As the application role: row-level security holds. */
  readonly db: Database;
  /** For live state: fails at once while Redis is away. */
  readonly redis: Redis;
  /** For queues and subscriptions: waits for Redis. */
  readonly patientRedis: Redis;
  readonly clock: Clock;
  /** Readiness of the floor: PostgreSQL and Redis answer. */
  readonly checks: Readonly<Record<string, Check>>;
  close(): Promise<void>;
}

/** Starts a process from the environment. Settings that cannot be used are printed and end it with exit code 78. */
export function startProcess(name: string): ProcessBase {
  const settings = settingsOrExit();
  const log = createLog(name, settings.log.level);
  const { url, role, poolSize } = settings.database;
  const db = openDatabase({ url, role, poolSize }, log);
  const redis = openRedis(settings.redis.url, log);
  const patientRedis = openPatientRedis(settings.redis.url, log);
  // Anything that gets here is a defect: say so and go on, the supervisor's restart would cost every stream.
  process.on("unhandledRejection", (error) => log.error("An error was not handled", { error }));
  return {
    settings,
    log,
    metrics: createMetrics(name),
    db,
    redis,
    patientRedis,
    clock: systemClock,
    checks: {
      postgres: () => db.ping(),
      redis: async () => {
        await redis.ping();
      },
    },
    close: async () => {
      redis.disconnect();
      patientRedis.disconnect();
      await db.close();
    },
  };
}

/** The settings of the environment; prints what is wrong with them and ends the process with 78 (EX_CONFIG). */
function settingsOrExit(): Settings {
  try {
    return loadSettings(process.env, readIfThere);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(78);
  }
}
