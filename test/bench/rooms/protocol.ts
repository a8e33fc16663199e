/** What the benchmark and its load process say to each other. */
import { z } from "zod";

/** What the load process is asked to do; it answers each with one reply. */
export const command = z.discriminatedUnion("do", [
  z.object({
    do: z.literal("connect"),
    host: z.string(),
    port: z.int(),
    domain: z.string(),
    people: z.array(z.object({ user: z.string(), password: z.string() })),
  }),
  z.object({ do: z.literal("join"), room: z.string(), occupants: z.int() }),
  /**
   * Those who are not inside yet enter, with at most `window` under way; nobody begins any more after `withinMs`. Those
   * who are inside then play in this room.
   */
  z.object({ do: z.literal("enter"), room: z.string(), window: z.int(), withinMs: z.number() }),
  /** Sends as fast as the room lets it, with at most `window` messages that were not yet reflected to their sender. */
  z.object({ do: z.literal("flood"), room: z.string(), label: z.string(), messages: z.int(), window: z.int() }),
  /** Sends at a fixed rate. */
  z.object({ do: z.literal("pace"), room: z.string(), label: z.string(), messages: z.int(), perSecond: z.number() }),
]);
export type Command = z.infer<typeof command>;

/** How one round of messages went. All times in milliseconds. */
const outcome = z.object({
  /** From the first sending to the last copy. */
  elapsed: z.number(),
  copies: z.int(),
  /** For each message, from sending to the sender's own copy, and to the copy of the last occupant. */
  own: z.array(z.number()),
  last: z.array(z.number()),
});
export type Outcome = z.infer<typeof outcome>;

/** For each who got in, from the first beginning to the room's subject: milliseconds, rising. */
const entered = z.array(z.number());

const answer = z.object({ ok: z.literal(true), outcome: outcome.optional(), entered: entered.optional() });
export type Answer = z.infer<typeof answer>;

export const reply = z.union([answer, z.object({ ok: z.literal(false), error: z.string() })]);
export type Reply = z.infer<typeof reply>;
