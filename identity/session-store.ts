import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import { hashToken, sign } from "../platform/secrets.ts";
import type { PersonRef } from "./access.ts";

/** Sessions of people in Redis: only the hash of the id that the browser holds is kept. */
export interface SessionStore {
  /** Starts a session and gives its id, 256 random bits. */
  start(person: PersonRef): Promise<string>;
  /** Whose session it is; undefined for one that has ended. It goes on from now. */
  read(id: string): Promise<PersonRef | undefined>;
  end(id: string): Promise<void>;
  /** Ends all sessions of a person and gives how many there were. */
  endAll(person: PersonRef): Promise<number>;
}

export const SESSION_MS = 12 * 3_600_000;
export const IDLE_MS = 3_600_000;
/** A session that is in use is written anew at most this often. */
const TOUCH_MS = 60_000;
/** More of one person end the oldest. */
const MAX_SESSIONS = 20;

const stored = z.object({ tenant: z.string(), id: z.string(), startedAt: z.number(), seenAt: z.number() });

const keyOf = (hash: string): string => `kontor:session:${hash}`;
const listOf = ({ tenant, id }: PersonRef): string => `kontor:sessions:${tenant}:${id}`;

export function sessionStore(redis: Redis, clock: Clock): SessionStore {
  const drop = async (person: PersonRef, hashes: readonly string[]): Promise<void> => {
    if (hashes.length === 0) return;
    await redis.del(...hashes.map(keyOf));
    await redis.zrem(listOf(person), ...hashes);
  };
  const load = async (id: string) => {
    const text = await redis.get(keyOf(hashToken(id)));
    return text === null ? undefined : stored.parse(JSON.parse(text));
  };
  return {
    start: async (person) => {
      const id = randomBytes(32).toString("base64url");
      const hash = hashToken(id);
      const now = clock();
      const { tenant, id: personId } = person;
      const value = JSON.stringify({ tenant, id: personId, startedAt: now, seenAt: now });
      // The list first: a session that is not in it could not be ended with the others.
      await redis.zadd(listOf(person), String(now), hash);
      await redis.pexpire(listOf(person), SESSION_MS);
      await redis.set(keyOf(hash), value, "PX", IDLE_MS);
      await drop(person, await redis.zrange(listOf(person), "0", String(-MAX_SESSIONS - 1)));
      return id;
    },
    read: async (id) => {
      const session = await load(id);
      if (!session) return undefined;
      const now = clock();
      const person = { tenant: session.tenant, id: session.id };
      if (now - session.startedAt >= SESSION_MS || now - session.seenAt >= IDLE_MS) {
        await drop(person, [hashToken(id)]);
        return undefined;
      }
      if (now - session.seenAt >= TOUCH_MS) {
        const value = JSON.stringify({ ...session, seenAt: now });
        // Only where it still is: one that was ended meanwhile stays ended.
        await redis.set(keyOf(hashToken(id)), value, "PX", IDLE_MS, "XX");
      }
      return person;
    },
    end: async (id) => {
      const session = await load(id);
      if (session) await drop(session, [hashToken(id)]);
    },
    endAll: async (person) => {
      const hashes = await redis.zrange(listOf(person), "0", "-1");
      await drop(person, hashes);
      return hashes.length;
    },
  };
}

/** The secret that a page must send with each change; follows from the session, is kept nowhere, reveals nothing of it. */
export const csrfOf = (sessionId: string): string => sign(sessionId, "csrf");
