/** Webhooks as the workers see them: which there are, who of the workers delivers, and what came of it. */
import type { Transaction } from "kysely";
import { audit, listTenants, localActor } from "../../identity/index.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Database } from "../../platform/postgres.ts";
import type { ChangePosition } from "../store.ts";
import type { Outcome, Step } from "./core-pace.ts";
import { DELIVERY_MS } from "./deliver.ts";
import type { WebhookPlace } from "./secrets.ts";
import { forgetTold, objectOf } from "./store.ts";
import { type Webhook, type WebhookTables, webhookOf } from "./tables.ts";

type Trx = Transaction<WebhookTables>;

/** So long a worker has a webhook for one delivery; when it dies in the middle, another one takes over then. */
export const LEASE_MS = 2 * DELIVERY_MS;

/** Webhooks that are not off, of tenants in service. */
export async function openWebhooks(db: Database): Promise<WebhookPlace[]> {
  const tenants = (await listTenants(db)).map(({ id }) => id);
  if (tenants.length === 0) return [];
  return db.withTenants(tenants, (trx: Trx) =>
    trx
      .selectFrom("presence_webhook as w")
      .innerJoin("tenant as t", "t.id", "w.tenant_id")
      .select(["w.tenant_id as tenant", "w.id"])
      .where("w.tenant_id", "in", tenants)
      .where("w.state", "<>", "off")
      .where("t.status", "=", "active")
      .execute(),
  );
}

/** Webhooks of tenants that are closed go, with their secrets. */
export async function removeOfClosed(db: Database, now: Date, newId: NewId): Promise<void> {
  const closed = await db
    .common<WebhookTables>()
    .selectFrom("tenant")
    .select("id")
    .where("status", "in", ["closing", "closed"])
    .execute();
  if (closed.length === 0) return;
  const tenants = closed.map(({ id }) => id);
  const left = await db.withTenants(tenants, (trx: Trx) =>
    trx
      .selectFrom("presence_webhook")
      .select(["tenant_id as tenant", "id"])
      .where("tenant_id", "in", tenants)
      .execute(),
  );
  for (const { tenant, id } of left) {
    await db.withTenants([tenant], async (trx: Trx) => {
      await trx.deleteFrom("presence_webhook").where("tenant_id", "=", tenant).where("id", "=", id).execute();
      const entry = { tenant, action: "presence:webhook-remove", object: objectOf({ tenant, id }) };
      await audit(trx, JOB, entry, now, newId);
    });
  }
}

const JOB = localActor("job:presence-webhook");

export interface OpenWebhook extends Webhook {
  /** Of the tenant. */
  readonly domain: string;
}

/** A webhook that is not off, of a tenant in service; undefined for any other. */
export async function readOpen(db: Database, { tenant, id }: WebhookPlace): Promise<OpenWebhook | undefined> {
  const row = await db.withTenants([tenant], (trx: Trx) =>
    trx
      .selectFrom("presence_webhook as w")
      .innerJoin("tenant as t", "t.id", "w.tenant_id")
      .selectAll("w")
      .select("t.domain")
      .where("w.tenant_id", "=", tenant)
      .where("w.id", "=", id)
      .where("w.state", "<>", "off")
      .where("t.status", "=", "active")
      .executeTakeFirst(),
  );
  return row && { ...webhookOf(row), domain: row.domain };
}

/** Takes the webhook for one delivery. Undefined when it was taken or changed since it was read, else its number. */
export async function claim(db: Database, { tenant, id, attempt }: Webhook, now: Date): Promise<number | undefined> {
  const { numUpdatedRows } = await db.withTenants([tenant], (trx: Trx) =>
    trx
      .updateTable("presence_webhook")
      .set({ attempt: attempt + 1, lease_until: new Date(now.getTime() + LEASE_MS) })
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .where("attempt", "=", attempt)
      .where((is) => is.or([is("lease_until", "is", null), is("lease_until", "<=", now)]))
      .executeTakeFirst(),
  );
  return numUpdatedRows === 1n ? attempt + 1 : undefined;
}

/** What was told, once it was taken. */
export interface Told {
  readonly position: ChangePosition | undefined;
  readonly known: boolean;
  /** Of whom something was shown, with what they are told by next time. */
  readonly shown: readonly { readonly localpart: string; readonly settled: string }[];
  /** Who may be shown no more. */
  readonly hidden: readonly string[];
}

/** There was nothing to tell: the position moves by itself. */
export async function pass(db: Database, webhook: Webhook, position: ChangePosition): Promise<void> {
  await db.withTenants([webhook.tenant], (trx: Trx) => move(trx, webhook, position));
}

/** Of nobody it can be told whether he changed: whoever was shown is shown again, and changes count from here on. */
export async function beginAnew(db: Database, webhook: Webhook, position: ChangePosition): Promise<void> {
  const { tenant, id } = webhook;
  await db.withTenants([tenant], async (trx: Trx) => {
    if (!(await move(trx, webhook, position))) return;
    await trx
      .updateTable("presence_webhook_told")
      .set({ settled: "" })
      .where("tenant_id", "=", tenant)
      .where("webhook_id", "=", id)
      .execute();
  });
}

/** Whether the webhook was as it was read. */
async function move(trx: Trx, { tenant, id, attempt }: Webhook, { generation, seq }: ChangePosition): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable("presence_webhook")
    .set({ generation, seq })
    .where("tenant_id", "=", tenant)
    .where("id", "=", id)
    .where("attempt", "=", attempt)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Writes what came of a delivery, unless another one was begun, or the webhook was changed meanwhile. */
export async function settle(
  db: Database,
  webhook: Webhook,
  done: { readonly attempt: number; readonly outcome: Outcome; readonly step: Step; readonly told: Told },
  now: Date,
  newId: NewId,
): Promise<void> {
  const { tenant, id } = webhook;
  const { attempt, outcome, step, told } = done;
  const taken = outcome.problem === null;
  const { failures, since } = step.trouble;
  await db.withTenants([tenant], async (trx: Trx) => {
    const { numUpdatedRows } = await trx
      .updateTable("presence_webhook")
      .set({
        state: step.off ? "off" : taken ? "active" : "failing",
        off_reason: step.off,
        ...{ failures, failing_since: since === null ? null : new Date(since) },
        ...{ lease_until: null, next_at: new Date(now.getTime() + step.waitMs) },
        ...{ last_at: now, last_status: outcome.status, last_problem: outcome.problem },
        ...(taken ? { generation: told.position?.generation ?? null, seq: told.position?.seq ?? null } : {}),
        ...(taken ? { known: told.known } : {}),
      })
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .where("attempt", "=", attempt)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return;
    if (taken) await remember(trx, webhook, told);
    if (!step.off) return;
    await forgetTold(trx, webhook);
    const change = { before: { active: true }, after: { active: false, reason: step.off } };
    await audit(trx, JOB, { tenant, action: "presence:webhook-off", object: objectOf(webhook), ...change }, now, newId);
  });
}

async function remember(trx: Trx, { tenant, id }: WebhookPlace, { shown, hidden }: Told): Promise<void> {
  if (shown.length > 0) {
    await trx
      .insertInto("presence_webhook_told")
      .values(shown.map((each) => ({ tenant_id: tenant, webhook_id: id, ...each })))
      .onConflict((conflict) =>
        conflict
          .columns(["tenant_id", "webhook_id", "localpart"])
          .doUpdateSet((row) => ({ settled: row.ref("excluded.settled") })),
      )
      .execute();
  }
  if (hidden.length === 0) return;
  await trx
    .deleteFrom("presence_webhook_told")
    .where("tenant_id", "=", tenant)
    .where("webhook_id", "=", id)
    .where("localpart", "in", hidden)
    .execute();
}
