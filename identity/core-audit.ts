/** The chain of the audit log: each entry holds the hash of the one before it. Pure. */
import { createHash } from "node:crypto";
import type { Head } from "../platform/hash-chain.ts";

/** What an entry says. Times are ISO with milliseconds; `before` and `after` hold no secrets. */
export interface AuditFact {
  /** The tenant whose log it is; '-' for what concerns the installation. */
  readonly tenant: string;
  readonly at: string;
  /** Pseudonym of who did it. */
  readonly actor: string;
  readonly roles: readonly string[];
  readonly action: string;
  readonly object: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
}

export interface AuditEntry extends AuditFact {
  readonly position: number;
  readonly previous: string;
  readonly hash: string;
}

/** Where the chain of a tenant begins. */
export function auditGenesis(tenant: string): Head {
  return { position: 0, hash: sha256(canonical(["kontor audit", tenant])) };
}

/** The next entry of a chain. */
export function auditLink(head: Head, fact: AuditFact): AuditEntry {
  const position = head.position + 1;
  return { ...fact, position, previous: head.hash, hash: hashOf(head.hash, position, fact) };
}

/** Why an entry does not follow its predecessor; undefined when it does. */
export function auditFault(head: Head, entry: AuditEntry): string | undefined {
  if (entry.position !== head.position + 1) return `row ${head.position + 1} is missing`;
  if (entry.previous !== head.hash) return "it does not follow the entry before it";
  if (entry.hash !== hashOf(head.hash, entry.position, entry)) return "its hash does not fit its content";
  return undefined;
}

function hashOf(previous: string, position: number, fact: AuditFact): string {
  const { tenant, at, actor, roles, action, object, before, after, reason, address, requestId } = fact;
  const content = { tenant, at, actor, roles, action, object, before, after, reason, address, requestId };
  return sha256(canonical([previous, position, content]));
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** JSON with sorted members: the same data gives the same text, whatever order a database keeps it in. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    members.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

const SECRET = /password|secret|token|hash|key/i;

/** Data as the log may hold it: secrets masked by name, at any depth. */
export function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      SECRET.test(name) && member !== null ? "***" : masked(member),
    ]),
  );
}
