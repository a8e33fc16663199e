import type { Redis } from "ioredis";
import type { Door, DoorContext } from "../components/door.ts";
import { administer } from "../components/xep/xep-0133-service-administration.ts";
import type { Clock } from "../platform/clock.ts";
import { KontorError, toKontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { unseal } from "../platform/seal.ts";
import { onWake, wake } from "../platform/wake.ts";
import { carryOut } from "./account-commands.ts";
import {
  type AccountTask,
  beginErasure,
  dueAccountTasks,
  failAccountTask,
  finishAccountTask,
} from "./account-store.ts";
import { retryAfterMs } from "./core-account-retry.ts";
import { accountTasksTopic } from "./person-tables.ts";
import { personTiesTopic } from "./person-ties.ts";

/**
 * Carries out the tasks for people's accounts over the stream of a door whose domain is an administrator of the
 * tenant's host. It looks when the stream comes up, when it is woken, and now and then by itself.
 */
export interface AccountServer {
  /** The same door, with accounts served over its stream besides. */
  over(door: Door): Door;
  close(): Promise<void>;
}

export interface AccountServerDeps {
  readonly db: Database;
  /** Waits for Redis. */
  readonly redis: Redis;
  readonly log: Log;
  readonly clock: Clock;
  readonly newId: NewId;
  /** The master under which passwords were sealed. */
  readonly secret: string;
  /** What the server keeps of what people wrote to each other; undefined where it keeps that elsewhere. */
  readonly archive?: AccountArchive | undefined;
}

/** The messages of an account, which go with it. */
interface AccountArchive {
  count(account: { readonly host: string; readonly user: string }): Promise<number>;
  erase(account: { readonly host: string; readonly user: string }): Promise<void>;
}

const LOOK_MS = 30_000;
const PAGE = 50;
const ANSWER_MS = 10_000;

interface Worker {
  look(): void;
  online(is: boolean): void;
  close(): Promise<void>;
}

export async function accountServer(deps: AccountServerDeps): Promise<AccountServer> {
  const workers = new Map<string, Worker>();
  const stopListening = await onWake(deps.redis, accountTasksTopic, deps.log, ({ tenant }) =>
    workers.get(tenant)?.look(),
  );
  return {
    over: (door) => ({
      prefix: door.prefix,
      open: (context) => {
        const handlers = door.open(context);
        const worker = openWorker(context, deps);
        workers.set(context.tenant.id, worker);
        return {
          ...handlers,
          onOnline: () => {
            handlers.onOnline?.();
            worker.online(true);
          },
          onOffline: () => {
            worker.online(false);
            handlers.onOffline?.();
          },
          close: async () => {
            if (workers.get(context.tenant.id) === worker) workers.delete(context.tenant.id);
            await worker.close();
            await handlers.close?.();
          },
        };
      },
    }),
    close: stopListening,
  };
}

function openWorker(context: DoorContext, deps: AccountServerDeps): Worker {
  const { tenant, log } = context;
  const { db, redis, clock, newId, secret, archive } = deps;
  /** Task -> when it may be tried again: a refused one must not keep the others. */
  const notBefore = new Map<string, number>();
  let online = false;
  let closed = false;
  let again = false;
  let failures = 0;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  /** Whether the server could be asked at all. */
  const attempt = async (task: AccountTask): Promise<boolean> => {
    const address = { from: context.domain, to: tenant.domain };
    const request = (iq: Parameters<DoorContext["request"]>[0]) => context.request(iq, ANSWER_MS);
    try {
      const sealed = task.sealedPassword;
      const password = sealed === null ? undefined : unsealed(secret, tenant.id, task.id, sealed);
      const jid = `${task.localpart}@${tenant.domain}`;
      const own = task.kind === "delete" ? archive : undefined;
      const account = { host: tenant.domain, user: task.localpart };
      // On record before it happens: the server forgets them with the account, without a word of how many there were.
      if (own) await beginErasure(db, tenant.id, task, await own.count(account), new Date(clock()), newId);
      await carryOut((command) => administer(request, address, command), task.kind, jid, password);
      await own?.erase(account);
    } catch (error) {
      const { code, message } = toKontorError(error);
      const away = code === "unavailable";
      log.warn("An account could not be changed in the XMPP server; tried again later", { task: task.id, message });
      notBefore.set(task.id, clock() + retryAfterMs(task.attempts + 1));
      await failAccountTask(db, tenant.id, task, message, !away, new Date(clock()), newId);
      return !away;
    }
    const emptied = task.kind === "delete" && archive !== undefined;
    await finishAccountTask(db, tenant.id, task, new Date(clock()), newId, emptied ? { messages: 0 } : {});
    notBefore.delete(task.id);
    // Not waited for: with Redis away they are found at the next look.
    if (task.kind === "delete") void wake(redis, personTiesTopic, { tenant: tenant.id }, log);
    return true;
  };

  /** Works until nothing is due; gives milliseconds until the next look. */
  const work = async (): Promise<number> => {
    for (;;) {
      again = false;
      const tasks = await dueAccountTasks(db, tenant.id, PAGE, [...notBefore.keys()].filter(later));
      for (const task of tasks) {
        if (!online || closed) return LOOK_MS;
        if (!(await attempt(task))) throw new KontorError("unavailable", "The XMPP server is away");
      }
      if (tasks.length === 0 && !again) break;
    }
    const next = Math.min(...notBefore.values());
    return Math.min(LOOK_MS, Math.max(100, next - clock()));
  };
  const later = (id: string) => (notBefore.get(id) ?? 0) > clock();

  const look = (): void => {
    again = true;
    if (running || !online || closed) return;
    clearTimeout(timer);
    running = work()
      .then((wait) => {
        failures = 0;
        return wait;
      })
      .catch((error: unknown) => {
        log.debug("Accounts are looked after again later", { error });
        failures += 1;
        return retryAfterMs(failures);
      })
      .then((wait) => {
        running = undefined;
        if (!closed && online) timer = setTimeout(look, wait);
      });
  };

  return {
    look,
    online: (is) => {
      online = is;
      clearTimeout(timer);
      // What was refused or went unanswered before may be taken now.
      if (is) notBefore.clear();
      if (is) look();
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}

function unsealed(secret: string, tenant: string, task: string, sealed: string): string {
  try {
    return unseal({ master: secret, purpose: "account-task" }, `${tenant}/${task}`, sealed);
  } catch (error) {
    throw new KontorError("policy-violation", "The password was sealed under another secret: set it anew", {}, error);
  }
}
