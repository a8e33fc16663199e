/**
 * Several test files run at once. What would meet is the worker's own: a running service for tests that share one, and
 * ports for those that start servers themselves. Read before each file; the variables are those that a developer with
 * one service sets by hand.
 */
import { delimiter } from "node:path";

/** What one service takes, and whatever a test starts beside it. */
const PORTS = 200;
const TEST_PORT_BASE = 31_000;

const { env } = process;
/** From 0; 0 as well where jest runs without workers. */
const worker = Number(env.JEST_WORKER_ID ?? 1) - 1;

if (env.TEST_HOMES) {
  const home = env.TEST_HOMES.split(delimiter)[worker];
  if (!home) throw new Error(`no service runs for worker ${worker + 1}: './kontor test' starts one for each`);
  env.KONTOR_HOME = home;
  env.KONTOR_PORT_BASE = String(Number(env.KONTOR_PORT_BASE) + worker * PORTS);
}
env.KONTOR_TEST_PORT_BASE = String(Number(env.KONTOR_TEST_PORT_BASE ?? TEST_PORT_BASE) + worker * PORTS);
