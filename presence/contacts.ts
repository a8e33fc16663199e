/**
 * Whom a viewer is a contact of: those whose presence he gets, because they approved it (RFC 6121 3.1). The server alone
 * knows; its answer is kept in Redis for a minute, and dropped when that roster changes. What is not known is no contact.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import type { Log } from "../platform/log.ts";
import { onWake, type WakeTopic, wake } from "../platform/wake.ts";

/** Somebody wants to know the contacts of a person; whoever holds the stream of the tenant asks the server. */
export const contactsAsked: WakeTopic<{ tenant: string; localpart: string }> = {
  name: "kontor:presence:contacts-asked",
  schema: z.object({ tenant: z.string(), localpart: z.string() }),
};

/** The contacts of people are in Redis now; with `known` false they changed and are to be asked for again. */
export const contactsTold: WakeTopic<{ tenant: string; localparts: readonly string[]; known: boolean }> = {
  name: "kontor:presence:contacts-told",
  schema: z.object({ tenant: z.string(), localparts: z.array(z.string()), known: z.boolean() }),
};

/** JSON: the bare addresses. In the hash slot of the tenant's presence. */
export const contactsKey = (tenant: string, localpart: string): string =>
  `kontor:{${tenant}}:presence:contacts:${localpart}`;

/** How long an answer holds at most. */
export const CONTACTS_MS = 60_000;
const WAIT_MS = 3_000;
const MAX_WAITING = 1_000;

const addresses = z.array(z.string());

export interface Contacts {
  /**
   * The bare addresses of everybody, of his own tenant and of others, whose presence the person gets. Empty when the server
   * does not say so within three seconds. Throws `unavailable` while Redis is away.
   */
  of(tenant: string, localpart: string): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

/** `onChange` is told of whose contacts are not what they were: what was answered before holds no more. */
export async function openContacts(
  redis: Redis,
  log: Log,
  onChange: (tenant: string, localpart: string) => void = () => undefined,
): Promise<Contacts> {
  const waiting = new Map<string, { readonly answer: Promise<void>; readonly answered: () => void }>();
  const deaf = await onWake(redis, contactsTold, log, ({ tenant, localparts, known }) => {
    for (const localpart of localparts) {
      if (known) waiting.get(contactsKey(tenant, localpart))?.answered();
      else onChange(tenant, localpart);
    }
  });

  /** Once for all who want to know the same at the same time. */
  const told = (tenant: string, localpart: string): Promise<void> => {
    const key = contactsKey(tenant, localpart);
    const asked = waiting.get(key);
    if (asked) return asked.answer;
    if (waiting.size >= MAX_WAITING) return Promise.resolve();
    let answered: () => void = () => undefined;
    const answer = new Promise<void>((resolve) => {
      const timer = setTimeout(() => answered(), WAIT_MS);
      answered = () => {
        clearTimeout(timer);
        waiting.delete(key);
        resolve();
      };
    });
    waiting.set(key, { answer, answered: () => answered() });
    void wake(redis, contactsAsked, { tenant, localpart }, log);
    return answer;
  };

  return {
    of: async (tenant, localpart) => {
      const read = async () => {
        const text = await redis.get(contactsKey(tenant, localpart)).catch((cause: unknown) => {
          throw new KontorError("unavailable", "The live state cannot be reached", { retryAfterSeconds: 5 }, cause);
        });
        return text === null ? undefined : new Set(addresses.parse(JSON.parse(text)));
      };
      const known = await read();
      if (known) return known;
      await told(tenant, localpart);
      return (await read()) ?? new Set();
    },
    close: deaf,
  };
}
