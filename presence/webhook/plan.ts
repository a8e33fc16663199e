/** What a webhook is to be told now: the present state of who changed, and who may be shown no more. */
import type { Database } from "../../platform/postgres.ts";
import { type PresentedPerson, present } from "../core-present.ts";
import { maySee } from "../core-visibility.ts";
import type { PresenceChanges, PresenceReader } from "../store.ts";
import { readDirectory } from "../store-directory.ts";
import { rulesIn } from "../store-rules.ts";
import { type Candidate, candidatesOf, differing, type Trx } from "./candidates.ts";
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
  /** The local part behind which it is to be compared further with what it was told; undefined: that is done. */
  readonly compareFrom: string | undefined;
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

/** `changes` since the position of the webhook, not from a reset; `compareFrom` as in a plan before; `tellUnknown`: the state was unknown for so long that it is to be said. */
export async function planDelivery(
  { db, reader }: PlanDeps,
  webhook: OpenWebhook,
  changes: PresenceChanges,
  { compareFrom, tellUnknown, now }: { compareFrom: string | undefined; tellUnknown: boolean; now: Date },
): Promise<Plan> {
  const { tenant, cursor } = webhook;
  const known = changes.since !== undefined;
  const { rules, candidates, compared } = await db.withTenants([tenant], async (trx: Trx) => {
    const { rules } = await rulesIn(trx, tenant);
    const asked = { webhook, rules, now };
    const changed = await candidatesOf(trx, asked, changes.localparts);
    const limit = MAX_PEOPLE - changed.length;
    if (compareFrom === undefined || limit === 0) return { rules, candidates: changed, compared: compareFrom };
    const found = await differing(trx, asked, { after: compareFrom, limit, visible: known });
    const compared = found.length < limit ? undefined : found.at(-1)?.localpart;
    return { rules, candidates: [...changed, ...found], compared };
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
    return { known: false, data: undefined, told: asBefore(webhook), more: false, compareFrom };

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
  const toldKnown = known ? true : webhook.known && !tellUnknown;
  const anything = people.length > 0 || gone.length > 0 || toldKnown !== webhook.known;
  const since = toldKnown ? (changes.since ?? null) : null;
  return {
    known,
    data: anything ? { since: since === null ? null : new Date(since).toISOString(), people, gone } : undefined,
    told: {
      position: known ? { generation: changes.generation, seq: changes.seq } : cursor,
      ...{ known: toldKnown, shown, hidden: [...hidden, ...gone] },
    },
    more: changes.localparts.length === MAX_PEOPLE || compared !== undefined,
    // Of those who may be seen nothing was compared while nothing is known of them.
    compareFrom: known ? compared : (compared ?? ""),
  };
}

const asBefore = ({ cursor, known }: Webhook): Told => ({ position: cursor, known, shown: [], hidden: [] });

const nobody: Pick<Candidate, "settled" | "told"> = { settled: null, told: false };
