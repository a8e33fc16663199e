/** What the benchmark of groups and its load processes say to each other. */
import { z } from "zod";

const server = { host: z.string(), port: z.int(), domain: z.string() };
const account = z.object({ user: z.string(), password: z.string() });

export const watcherCommand = z.discriminatedUnion("do", [
  z.object({ do: z.literal("connect"), ...server, people: z.array(account) }),
  z.object({ do: z.literal("ping"), ...server, person: account }),
  /** Answered when everybody has got so many items of rosters since the last answer. */
  z.object({ do: z.literal("items"), count: z.int() }),
  z.object({ do: z.literal("stop-ping") }),
]);
export type WatcherCommand = z.output<typeof watcherCommand>;

export const watcherAnswer = z.union([
  z.object({ ok: z.literal(true), bytes: z.number().optional(), longestMs: z.number().optional() }),
  z.object({ ok: z.literal(false), error: z.string() }),
]);
export type WatcherAnswer = z.output<typeof watcherAnswer>;
