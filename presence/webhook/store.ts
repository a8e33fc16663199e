/** Webhooks as a tenant's administrators see and change them. */
import { sql, type Transaction, type Updateable } from "kysely";
import { type Actor, audit } from "../../identity/index.ts";
import type { Clock } from "../../platform/clock.ts";
import { KontorError } from "../../platform/errors.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Database } from "../../platform/postgres.ts";
import { newWebhookSecret, type WebhookPlace, withSecret } from "./secrets.ts";
import { type Webhook, type WebhookTables, webhookOf } from "./tables.ts";

export interface WebhookStoreDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Master under which the secrets of webhooks are sealed. */
  readonly secret: string;
}

/** A webhook with the name of its group; null where that is gone. */
export interface NamedWebhook extends Webhook {
  readonly groupName: string | null;
}

export interface WebhookWish {
  readonly url: string;
  readonly group: string | null;
}

type Trx = Transaction<WebhookTables>;
const MAX_WEBHOOKS = 10;

const missing = () => new KontorError("not-found", "There is no such webhook");

const rows = (trx: Trx, tenant: string) =>
  trx
    .selectFrom("presence_webhook as w")
    .leftJoin("person_group as g", (join) =>
      join.onRef("g.tenant_id", "=", "w.tenant_id").onRef("g.id", "=", "w.group_id"),
    )
    .selectAll("w")
    .select("g.name as group_name")
    .where("w.tenant_id", "=", tenant);

async function one(trx: Trx, { tenant, id }: WebhookPlace): Promise<NamedWebhook> {
  const row = await rows(trx, tenant).where("w.id", "=", id).executeTakeFirst();
  if (!row) throw missing();
  return { ...webhookOf(row), groupName: row.group_name };
}

/** All webhooks of a tenant, the oldest first: there are ten at most. */
export const listWebhooks = (db: Database, tenant: string): Promise<NamedWebhook[]> =>
  db.withTenants([tenant], async (trx: Trx) => {
    const found = await rows(trx, tenant).orderBy("w.created_at").orderBy("w.id").execute();
    return found.map((row) => ({ ...webhookOf(row), groupName: row.group_name }));
  });

/** Throws `not-found`. */
export const readWebhook = (db: Database, place: WebhookPlace): Promise<NamedWebhook> =>
  db.withTenants([place.tenant], (trx: Trx) => one(trx, place));

/** Adds a webhook and gives its secret this once. Throws `too-many` beyond ten, `not-found` for a tenant or group. */
export function addWebhook(
  deps: WebhookStoreDeps,
  tenant: string,
  { url, group }: WebhookWish,
  actor: Actor,
): Promise<{ readonly webhook: NamedWebhook; readonly secret: string }> {
  const now = deps.clock();
  const place = { tenant, id: deps.newId() };
  const secret = newWebhookSecret();
  return deps.db.withTenants([tenant], async (trx: Trx) => {
    // Locked, so that two who add the tenth at once do not miss each other.
    const known = await trx
      .selectFrom("tenant")
      .select("id")
      .where("id", "=", tenant)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!known) throw new KontorError("not-found", "There is no such tenant");
    const { count } = await trx
      .selectFrom("presence_webhook")
      .select(sql<number>`count(*)`.as("count"))
      .where("tenant_id", "=", tenant)
      .executeTakeFirstOrThrow();
    if (count >= MAX_WEBHOOKS) throw new KontorError("too-many", `A tenant has ${MAX_WEBHOOKS} webhooks at most`);
    await requireGroup(trx, tenant, group);
    const at = new Date(now);
    const secrets = JSON.stringify(withSecret(deps.secret, place, secret, [], now));
    await trx
      .insertInto("presence_webhook")
      .values({ tenant_id: tenant, id: place.id, url, group_id: group, secrets, created_at: at, next_at: at })
      .execute();
    const entry = { tenant, action: "presence:webhook-add", object: objectOf(place), after: logged({ url, group }) };
    await audit(trx, actor, entry, at, deps.newId);
    return { webhook: await one(trx, place), secret };
  });
}

export interface WebhookChange {
  readonly url?: string | undefined;
  readonly group?: string | null | undefined;
  /** False: switches off; true: switches on, also what was off because it failed. */
  readonly active?: boolean | undefined;
}

/**
 * Changes a webhook. Another address or group, and switching on, begin with everybody's present state; what is under way
 * to the address of before counts no more. Throws `not-found`.
 */
export function changeWebhook(
  deps: WebhookStoreDeps,
  place: WebhookPlace,
  change: WebhookChange,
  actor: Actor,
  check: (version: number) => void,
): Promise<NamedWebhook> {
  const now = new Date(deps.clock());
  return deps.db.withTenants([place.tenant], async (trx: Trx) => {
    const before = await locked(trx, place);
    check(before.version);
    const url = change.url ?? before.url;
    const group = change.group === undefined ? before.group : change.group;
    if (group !== before.group) await requireGroup(trx, place.tenant, group);
    const on = change.active ?? before.state !== "off";
    const switched = on !== (before.state !== "off");
    if (!switched && url === before.url && group === before.group) return one(trx, place);
    await update(trx, place, {
      ...{ url, group_id: group, ...anew(now), attempt: before.attempt + 1 },
      ...(on
        ? { state: "active", off_reason: null }
        : { state: "off", off_reason: before.offReason ?? "switched-off" }),
    });
    await forgetTold(trx, place);
    const entry = { tenant: place.tenant, action: "presence:webhook-change", object: objectOf(place) };
    const was = { ...logged(before), active: before.state !== "off" };
    await audit(
      trx,
      actor,
      { ...entry, before: was, after: { ...logged({ url, group }), active: on } },
      now,
      deps.newId,
    );
    return one(trx, place);
  });
}

/** Gives a webhook a new secret; the former signs for a day more. Throws `not-found`, `too-many`. */
export function rotateSecret(
  deps: WebhookStoreDeps,
  place: WebhookPlace,
  actor: Actor,
): Promise<{ readonly webhook: NamedWebhook; readonly secret: string }> {
  const now = deps.clock();
  const secret = newWebhookSecret();
  return deps.db.withTenants([place.tenant], async (trx: Trx) => {
    const before = await locked(trx, place);
    const secrets = JSON.stringify(withSecret(deps.secret, place, secret, before.secrets, now));
    await update(trx, place, { secrets });
    const entry = { tenant: place.tenant, action: "presence:webhook-secret", object: objectOf(place) };
    await audit(trx, actor, entry, new Date(now), deps.newId);
    return { webhook: await one(trx, place), secret };
  });
}

/** Throws `not-found`. */
export function removeWebhook(
  deps: WebhookStoreDeps,
  place: WebhookPlace,
  actor: Actor,
  check: (version: number) => void,
): Promise<void> {
  return deps.db.withTenants([place.tenant], async (trx: Trx) => {
    const before = await locked(trx, place);
    check(before.version);
    const { tenant, id } = place;
    await trx.deleteFrom("presence_webhook").where("tenant_id", "=", tenant).where("id", "=", id).execute();
    const entry = { tenant, action: "presence:webhook-remove", object: objectOf(place), before: logged(before) };
    await audit(trx, actor, entry, new Date(deps.clock()), deps.newId);
  });
}

export const objectOf = ({ id }: WebhookPlace): string => `presence-webhook/${id}`;

/** What the query of an address says is often a secret. */
function logged({ url, group }: WebhookWish) {
  const { origin, pathname } = new URL(url);
  return { url: origin + pathname, group };
}

/** Nobody has told it anything yet. */
const anew = (now: Date) => ({
  ...{ generation: null, seq: null, known: false, lease_until: null },
  ...{ failures: 0, failing_since: null, next_at: now },
});

/** Whom a webhook was shown is forgotten: it is told of everybody again. */
export async function forgetTold(trx: Trx, { tenant, id }: WebhookPlace): Promise<void> {
  await trx.deleteFrom("presence_webhook_told").where("tenant_id", "=", tenant).where("webhook_id", "=", id).execute();
}

async function locked(trx: Trx, { tenant, id }: WebhookPlace): Promise<Webhook> {
  const row = await trx
    .selectFrom("presence_webhook")
    .selectAll()
    .where("tenant_id", "=", tenant)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw missing();
  return webhookOf(row);
}

async function update(
  trx: Trx,
  { tenant, id }: WebhookPlace,
  change: Updateable<WebhookTables["presence_webhook"]>,
): Promise<void> {
  await trx
    .updateTable("presence_webhook")
    .set((row) => ({ ...change, version: row("version", "+", 1) }))
    .where("tenant_id", "=", tenant)
    .where("id", "=", id)
    .execute();
}

async function requireGroup(trx: Trx, tenant: string, group: string | null): Promise<void> {
  if (group === null) return;
  const found = await trx
    .selectFrom("person_group")
    .select("id")
    .where("tenant_id", "=", tenant)
    .where("id", "=", group)
    .executeTakeFirst();
  if (!found) throw new KontorError("not-found", "There is no such group");
}
