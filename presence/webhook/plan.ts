/** What a webhook is to be told now: the present state of who changed, and who may be shown no more. */
import type { Database } from "../../platform/postgres.ts";
import { type PresentedPerson, present } from "../core-present.ts";
import { maySee } from "../core-visibility.ts";
import type { PresenceChanges, PresenceReader } from "../store.ts";
import { readDirectory } from "../store-directory.ts";
import { rulesIn } from "../store-rules.ts";
import { type Candidate, candidatesOf, differing, lostSight, type Trx } from "./candidates.ts";
import type { OpenWebhook, Told } from "./store-work.ts";
import type { Webhook } from "./tables.ts";

/** People in one delivery, and changes that are looked at for it. */
export const MAX_PEOPLE = 100;

export interface Plan {
  /** Whether the state of the tenant is known. */
  readonly known: boolean;
  /** Undefined: there is nothing to tell. */
  readonly data: PlanData | undefined;
  readonly told: Told;
  /** Whether there may be more to tell than is in this. */
  readonly more: boolean;
  /** What is left of `look` then. */
  readonly next: Pick<Look, "sight" | "from">;
}

/** What is looked at besides who changed. */
export interface Look {
  /** Who may be shown no more. */
  readonly sight: boolean;
  /** Who stands otherwise in the database than he was told, behind this local part; undefined: nobody. */
  readonly from: string | undefined;
  /** The state was unknown for so long that it is to be told. */
  readonly tellUnknown: boolean;
}

interface PlanData {
  readonly since: string | null;
  readonly people: readonly PresentedPerson[];
  readonly gone: readonly string[];
}

interface PlanDeps {
  readonly db: Database;
  readonly reader: PresenceReader;
}

/** `changes`: since the position of the webhook, not from a reset. */
export async function planDelivery(
  { db, reader }: PlanDeps,
  webhook: OpenWebhook,
  changes: PresenceChanges,
  look: Look,
  now: Date,
): Promise<Plan> {
  const { tenant, cursor } = webhook;
  const known = changes.since !== undefined;
  const { rules, candidates, next, unseen } = await db.withTenants([tenant], async (trx: Trx) => {
    const { rules } = await rulesIn(trx, tenant);
    const asked = { webhook, rules, now };
    const changed = await candidatesOf(trx, asked, changes.localparts);
    let left = MAX_PEOPLE - changed.length;
    // First of all who hides: that must not wait for anything.
    const lost = look.sight && left > 0 ? await lostSight(trx, asked, left) : [];
    const unseen = look.sight && lost.length === left;
    left -= lost.length;
    // Of those who may be seen nothing can be told while nothing is known of them.
    const compares = known && look.from !== undefined && left > 0;
    const compared = compares ? await differing(trx, asked, { after: look.from, limit: left }) : undefined;
    return {
      rules,
      candidates: [...changed, ...lost, ...(compared?.found ?? [])],
      ...{ next: compared ? compared.next : look.from, unseen },
    };
  });
  const about = new Map(candidates.map((each) => [each.localpart, each]));
  const here = [...about.values()].filter(({ settled }) => settled !== null).map(({ localpart }) => localpart);
  const page =
    here.length > 0
      ? await readDirectory(db, tenant, { localparts: here, limit: here.length }, now)
      : { rules, people: [] };
  const view = await reader.read(tenant, here);
  // Lost while it was read: what it was is told when it is known again.
  if (known && view.since === undefined)
    return { known: false, data: undefined, told: asBefore(webhook), more: false, next: look };

  const people: PresentedPerson[] = [];
  const shown: Told["shown"][number][] = [];
  const hidden: string[] = [];
  for (const person of page.people) {
    const { localpart, own } = person;
    const { settled, told } = about.get(localpart) ?? nobody;
    const visible = maySee({ kind: "program" }, page.rules, own);
    // Who was never shown is not told of: that he changed would say something of him.
    if (settled === null || (!visible && !told)) continue;
    if (visible && !known) continue;
    const live = view.people.get(localpart);
    const sight = { viewer: { kind: "program" }, rules: page.rules, domain: webhook.domain, person, live } as const;
    people.push(present({ ...sight, known }));
    if (visible) shown.push({ localpart, settled });
    else hidden.push(localpart);
  }
  const gone = [...about.values()].flatMap(({ localpart, settled, told }) =>
    settled === null && told ? localpart : [],
  );
  const toldKnown = known ? true : webhook.known && !look.tellUnknown;
  const anything = people.length > 0 || gone.length > 0 || toldKnown !== webhook.known;
  const since = toldKnown ? (changes.since ?? null) : null;
  return {
    known,
    data: anything ? { since: since === null ? null : new Date(since).toISOString(), people, gone } : undefined,
    told: {
      position: known ? { generation: changes.generation, seq: changes.seq } : cursor,
      ...{ known: toldKnown, shown, hidden: [...hidden, ...gone] },
    },
    more: changes.localparts.length === MAX_PEOPLE || unseen || (known && next !== undefined),
    next: { sight: unseen, from: next },
  };
}

const asBefore = ({ cursor, known }: Webhook): Told => ({ position: cursor, known, shown: [], hidden: [] });

const nobody: Pick<Candidate, "settled" | "told"> = { settled: null, told: false };
