import { createHash } from "node:crypto";
import type { Head } from "../platform/hash-chain.ts";

/** An instant in UTC with microseconds: 2026-01-31T00:00:00.000000Z. Dates of JavaScript would lose the last three. */
export type Instant = string;

export const instant = (date: Date): Instant => date.toISOString().replace(/Z$/, "000Z");

/** `begun`: deletion outside the database starts. `deleted` and `dropped`: a segment is gone. `complete`: nothing is left. */
export const results = ["begun", "deleted", "dropped", "complete"] as const;

/** What a row of evidence says. It holds no personal data. */
export interface Fact {
  readonly tenant: string;
  readonly class: string;
  readonly kind: string;
  readonly cutoff: Instant;
  /** Partition or place; `*` speaks of all of them. */
  readonly segment: string;
  readonly rowCount: number;
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
  /** Of the rows in order, see hashRows(). */
  readonly segmentHash: string | null;
  readonly runId: string;
  readonly result: (typeof results)[number];
  readonly at: Instant;
}

/** A row of evidence in its chain. */
export interface Link extends Fact, Head {
  readonly previous: string;
}

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** Where the chain of a tenant begins. */
export const genesis = (tenant: string): Head => ({ position: 0, hash: sha256(`kontor evidence of ${tenant}`) });

/** The bytes that are hashed: JSON without spaces, members in alphabetical order (as RFC 8785 orders them). */
export function canonical(fact: Fact, position: number, previous: string): string {
  const members: Record<string, string | number | null> = {
    at: fact.at,
    class: fact.class,
    cutoff: fact.cutoff,
    kind: fact.kind,
    newest: fact.newest,
    oldest: fact.oldest,
    position,
    previous,
    result: fact.result,
    rowCount: fact.rowCount,
    runId: fact.runId,
    segment: fact.segment,
    segmentHash: fact.segmentHash,
    tenant: fact.tenant,
  };
  return JSON.stringify(members);
}

/** Puts a fact behind the head of its tenant's chain. */
export function link(head: Head, fact: Fact): Link {
  const position = head.position + 1;
  return { ...fact, position, previous: head.hash, hash: sha256(canonical(fact, position, head.hash)) };
}

/** What is wrong with a row that should stand behind this head, or undefined when all is right. */
export function fault(head: Head, row: Link): string | undefined {
  if (row.position !== head.position + 1) {
    return row.position > head.position ? `row ${head.position + 1} is missing` : "the position stands twice";
  }
  if (row.previous !== head.hash) return "it does not hold the hash of the row before it";
  if (row.hash !== sha256(canonical(row, row.position, row.previous))) return "its hash does not fit its content";
  return undefined;
}

/** The hash of a segment so far, before its first row. */
export const emptySegment = sha256("");

/** Adds rows to the hash of a segment: each step hashes the hash so far and the JSON array of the row's texts. */
export const hashRows = (sofar: string, rows: readonly (readonly string[])[]): string =>
  rows.reduce((hash, row) => sha256(`${hash}\n${JSON.stringify(row)}`), sofar);

/** The first and last of these instants; null without any. Instants of this form sort as texts. */
export function span(starts: readonly Instant[]): { oldest: Instant | null; newest: Instant | null } {
  const sorted = [...starts].sort();
  return { oldest: sorted[0] ?? null, newest: sorted.at(-1) ?? null };
}
