import type { Generated, Selectable } from "kysely";
import { z } from "zod";
import { type OffReason, offReasons, type Problem, problems } from "./core-pace.ts";
import { readSecrets, type SealedSecrets } from "./secrets.ts";

/** The tables of webhooks (platform/migrations/0032-presence-webhook.sql). */
export interface WebhookTables {
  presence_webhook: {
    tenant_id: string;
    id: string;
    url: string;
    group_id: string | null;
    secrets: unknown;
    state: Generated<"active" | "failing" | "off">;
    off_reason: Generated<string | null>;
    version: Generated<number>;
    created_at: Date;
    generation: Generated<string | null>;
    seq: Generated<number | null>;
    known: Generated<boolean>;
    attempt: Generated<number>;
    lease_until: Generated<Date | null>;
    failures: Generated<number>;
    failing_since: Generated<Date | null>;
    next_at: Date;
    last_at: Generated<Date | null>;
    last_status: Generated<number | null>;
    last_problem: Generated<string | null>;
  };
  presence_webhook_told: { tenant_id: string; webhook_id: string; localpart: string; settled: string };
  person_group: { tenant_id: string; id: string; name: string };
  tenant: { id: string; domain: string; status: string };
}

/** A webhook as it is stored. */
export interface Webhook {
  readonly tenant: string;
  readonly id: string;
  readonly url: string;
  /** Whom it is about: the members of a group; null: everybody. */
  readonly group: string | null;
  readonly secrets: SealedSecrets;
  readonly state: "active" | "failing" | "off";
  readonly offReason: OffReason | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly cursor: { readonly generation: string; readonly seq: number } | undefined;
  readonly known: boolean;
  readonly attempt: number;
  readonly leaseUntil: Date | null;
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly nextAt: Date;
  readonly last: { readonly at: Date; readonly status: number | null; readonly problem: Problem | null } | null;
}

const offReason = z.enum(offReasons).nullable();
const problem = z.enum(problems).nullable();

export function webhookOf(row: Selectable<WebhookTables["presence_webhook"]>): Webhook {
  const { generation, seq, last_at: at } = row;
  return {
    ...{ tenant: row.tenant_id, id: row.id, url: row.url, group: row.group_id, secrets: readSecrets(row.secrets) },
    ...{ state: row.state, offReason: offReason.parse(row.off_reason), version: row.version },
    ...{ createdAt: row.created_at, known: row.known, attempt: row.attempt, leaseUntil: row.lease_until },
    cursor: generation === null || seq === null ? undefined : { generation, seq },
    ...{ failures: row.failures, failingSince: row.failing_since, nextAt: row.next_at },
    last: at && { at, status: row.last_status, problem: problem.parse(row.last_problem) },
  };
}
