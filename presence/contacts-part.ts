/** Asks the server for the contacts of whom somebody wants to know them, and drops what it was told when they change. */
import type { Redis } from "ioredis";
import type { DoorContext } from "../components/door.ts";
import { KontorError } from "../platform/errors.ts";
import type { Log } from "../platform/log.ts";
import { onWake, wake } from "../platform/wake.ts";
import { CONTACTS_MS, contactsAsked, contactsKey, contactsTold } from "./contacts.ts";
import type { OpenPart } from "./part.ts";
import { askContacts, rostersTouched } from "./server-questions.ts";

export interface ContactsService {
  readonly part: OpenPart;
  close(): Promise<void>;
}

/** Questions to the server of one tenant at a time; of more only so many wait. */
const AT_ONCE = 4;
const MAX_QUEUE = 1_000;
/** Larger rosters than this are cut: nobody subscribes to so many people. */
const MAX_CONTACTS = 20_000;

/** One for the process; `redis` fails at once while Redis is away, `patient` waits for it. */
export async function contactsService(redis: Redis, patient: Redis, log: Log): Promise<ContactsService> {
  const open = new Map<string, (localpart: string) => void>();
  const deaf = await onWake(patient, contactsAsked, log, ({ tenant, localpart }) => open.get(tenant)?.(localpart));
  const part: OpenPart = (context) => {
    const { tenant } = context;
    const { ask, touched } = tenantContacts(context, redis);
    return {
      message: ({ stanza, from }) => {
        const localparts = from.local === "" && from.domain === tenant.domain ? rostersTouched(stanza) : undefined;
        if (!localparts) return false;
        void touched(localparts);
        return true;
      },
      onReady: () => open.set(tenant.id, ask),
      onOffline: () => open.delete(tenant.id),
      close: async () => void open.delete(tenant.id),
    };
  };
  return { part, close: deaf };
}

function tenantContacts(context: DoorContext, redis: Redis) {
  const { tenant, log } = context;
  const queue = new Set<string>();
  // Whose contacts changed while they were asked for: that answer may be from before.
  const running = new Map<string, { stale: boolean }>();

  const answer = async (localpart: string) => {
    const state = { stale: false };
    running.set(localpart, state);
    try {
      const contacts = (await askContacts(context, localpart)).slice(0, MAX_CONTACTS);
      if (state.stale) return void queue.add(localpart);
      await redis.set(contactsKey(tenant.id, localpart), JSON.stringify(contacts), "PX", CONTACTS_MS);
      await wake(redis, contactsTold, { tenant: tenant.id, localparts: [localpart], known: true }, log);
    } catch (error) {
      // Who asked is told nothing and shows nothing. A stream or a Redis that is down is logged where it is noticed.
      const quiet = error instanceof KontorError && error.code === "unavailable";
      log[quiet ? "debug" : "warn"]("The contacts of a person could not be asked for", { error });
    } finally {
      running.delete(localpart);
      next();
    }
  };

  const next = () => {
    for (const localpart of queue) {
      if (running.size >= AT_ONCE) return;
      if (running.has(localpart)) continue;
      queue.delete(localpart);
      void answer(localpart);
    }
  };

  return {
    ask: (localpart: string) => {
      if (running.has(localpart) || queue.size >= MAX_QUEUE) return;
      queue.add(localpart);
      next();
    },
    touched: async (localparts: readonly string[]) => {
      for (const localpart of localparts) {
        const asked = running.get(localpart);
        if (asked) asked.stale = true;
      }
      try {
        await redis.del(localparts.map((each) => contactsKey(tenant.id, each)));
      } catch (error) {
        log.debug("Contacts that changed were not dropped; they hold for a minute", { error });
      }
      await wake(redis, contactsTold, { tenant: tenant.id, localparts, known: false }, log);
    },
  };
}
