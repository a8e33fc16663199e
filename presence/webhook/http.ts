/** The REST door of webhooks: addresses that a tenant has told when the presence of its people changes. */
import type { Redis } from "ioredis";
import { z } from "zod";
import { actorOf } from "../../identity/index.ts";
import { KontorError } from "../../platform/errors.ts";
import { type Route, route, shownTag, versionTag } from "../../platform/http.ts";
import type { Log } from "../../platform/log.ts";
import { count, throttle, tooMany } from "../../platform/throttle.ts";
import { wake } from "../../platform/wake.ts";
import { offReasons, problems } from "./core-pace.ts";
import { deliver } from "./deliver.ts";
import { webhooksTopic } from "./events.ts";
import { formerUntil, openSecrets } from "./secrets.ts";
import {
  addWebhook,
  changeWebhook,
  listWebhooks,
  type NamedWebhook,
  readWebhook,
  removeWebhook,
  rotateSecret,
  type WebhookStoreDeps,
} from "./store.ts";

export interface WebhookHttpDeps extends WebhookStoreDeps {
  readonly redis: Redis;
  readonly log: Log;
  /** Whether the installation lets addresses that are not public be told, and over plain HTTP. */
  readonly allowLocal: boolean;
}

const time = z.iso.datetime();
const tenantPath = z.object({ tenant: z.string().min(1).max(63) });
const webhookPath = tenantPath.extend({ webhook: z.uuid() });

const status = z.int().nullable().describe("Of the receiver's answer; null: there was none.");
const problem = z.enum(problems).nullable().describe("Null: it was taken (2xx).");

const view = z.object({
  id: z.uuid(),
  url: z.string(),
  group: z
    .object({ id: z.uuid(), name: z.string().nullable().describe("Null: there is no such group any more.") })
    .nullable()
    .describe("It is told of the members of this group; null: of everybody."),
  state: z.enum(["active", "failing", "off"]).describe("Failing: the last delivery was not taken, it is tried again."),
  offReason: z
    .enum(offReasons)
    .nullable()
    .describe(
      "Why it is off: an administrator did it, the receiver answered 410, or nothing was taken for three days.",
    ),
  failures: z.int().describe("Deliveries since the last one that was taken."),
  failingSince: time.nullable(),
  nextAttemptAt: time.nullable().describe("While it fails: when it is tried again."),
  lastDelivery: z.object({ at: time, status, problem }).nullable(),
  formerSecretUntil: time.nullable().describe("So long deliveries are signed with the former secret as well."),
  createdAt: time,
  version: z.int(),
});
type View = z.input<typeof view>;

const secret = z.string().describe("For the receiver, to check signatures with. Keep it, it is not shown again.");

/** The REST door. The secret of a webhook is in the answer that made it, and in no other. */
export function webhookRoutes(deps: WebhookHttpDeps): Route[] {
  const { db, redis, log, clock, allowLocal } = deps;
  const tests = throttle(redis, "kontor:presence-webhook-test", { points: 10, duration: 60 });
  const etag = (answer: View) => shownTag(answer.version, answer);
  const url = z
    .string()
    .max(500)
    .refine((text) => isReceiver(text, allowLocal), "must be an https address without user, password and fragment");
  const group = z.uuid().nullable().describe("Tell of the members of this group only; null: of everybody.");

  const shown = (webhook: NamedWebhook): View => ({
    id: webhook.id,
    url: webhook.url,
    group: webhook.group === null ? null : { id: webhook.group, name: webhook.groupName },
    state: webhook.state,
    offReason: webhook.offReason,
    failures: webhook.failures,
    failingSince: webhook.failingSince?.toISOString() ?? null,
    nextAttemptAt: webhook.state === "failing" ? webhook.nextAt.toISOString() : null,
    lastDelivery: webhook.last && { ...webhook.last, at: webhook.last.at.toISOString() },
    formerSecretUntil: formerUntil(webhook.secrets, clock()),
    createdAt: webhook.createdAt.toISOString(),
    version: webhook.version,
  });

  const path = "/tenants/{tenant}/presence-webhooks";
  const onePath = `${path}/{webhook}`;
  const scope = "presence:webhooks";
  return [
    route({
      method: "get",
      path,
      summary: "Addresses that are told when presence changes, with how that goes; there are ten at most",
      scope,
      params: tenantPath,
      response: z.object({ webhooks: z.array(view) }),
      handle: async ({ params: { tenant } }) => ({ webhooks: (await listWebhooks(db, tenant)).map(shown) }),
    }),
    route({
      method: "post",
      path,
      summary: "Have an address told when presence changes; its secret is shown this once",
      scope,
      params: tenantPath,
      body: z.strictObject({ url, group: group.default(null) }),
      status: 201,
      response: view.extend({ secret }),
      secret: true,
      problems: ["too-many"],
      handle: async ({ params: { tenant }, body, caller }) => {
        const made = await addWebhook(deps, tenant, body, actorOf(caller));
        await wake(redis, webhooksTopic, { tenant }, log);
        return { ...shown(made.webhook), secret: made.secret };
      },
    }),
    route({
      method: "get",
      path: onePath,
      summary: "One webhook, and how its deliveries go",
      scope,
      params: webhookPath,
      response: view,
      etag,
      handle: async ({ params: { tenant, webhook } }) => shown(await readWebhook(db, { tenant, id: webhook })),
    }),
    route({
      method: "patch",
      path: onePath,
      summary: "Change the address or the group, switch off or on; it then begins with the present state of everybody",
      scope,
      params: webhookPath,
      body: z.strictObject({ url: url.optional(), group: group.optional(), active: z.boolean().optional() }),
      response: view,
      etag,
      handle: async ({ params: { tenant, webhook }, body, caller, ifMatch }) => {
        const check = (version: number) => ifMatch(versionTag(version));
        const changed = await changeWebhook(deps, { tenant, id: webhook }, body, actorOf(caller), check);
        await wake(redis, webhooksTopic, { tenant }, log);
        return shown(changed);
      },
    }),
    route({
      method: "delete",
      path: onePath,
      summary: "Have an address told no more, at once",
      scope,
      params: webhookPath,
      status: 204,
      etag: () => "",
      handle: async ({ params: { tenant, webhook }, caller, ifMatch }) => {
        const check = (version: number) => ifMatch(versionTag(version));
        await removeWebhook(deps, { tenant, id: webhook }, actorOf(caller), check);
        await wake(redis, webhooksTopic, { tenant }, log);
      },
    }),
    route({
      method: "post",
      path: `${onePath}/secret`,
      summary: "Make a new secret, shown this once; for a day the former one signs as well",
      scope,
      params: webhookPath,
      response: view.extend({ secret }),
      secret: true,
      problems: ["too-many"],
      handle: async ({ params: { tenant, webhook }, caller }) => {
        const made = await rotateSecret(deps, { tenant, id: webhook }, actorOf(caller));
        return { ...shown(made.webhook), secret: made.secret };
      },
    }),
    route({
      method: "post",
      path: `${onePath}/test`,
      summary: "Deliver a test now, also while it is off, and tell what came of it; it says nothing of anybody",
      scope,
      params: webhookPath,
      response: z.object({ delivered: z.boolean(), status, problem, milliseconds: z.int() }),
      problems: ["too-many"],
      handle: async ({ params: { tenant, webhook: id } }) => {
        const state = await count(tests, tenant);
        if (state.consumedPoints > tests.points) throw tooMany("tests of webhooks", state);
        const webhook = await readWebhook(db, { tenant, id });
        const { secrets } = webhook;
        const begun = clock();
        const delivery = {
          ...{ url: webhook.url, secrets: requireSecrets(openSecrets(deps.secret, webhook, secrets, begun)) },
          ...{ id: deps.newId(), type: "presence.test", data: { tenant, webhook: id } },
        };
        const outcome = await deliver(delivery, allowLocal, clock);
        const milliseconds = Math.max(0, clock() - begun);
        return { delivered: outcome.problem === null, status: outcome.status, problem: outcome.problem, milliseconds };
      },
    }),
  ];
}

/** Secrets that were sealed under another master are lost. */
function requireSecrets(secrets: string[]): string[] {
  if (secrets.length > 0) return secrets;
  throw new KontorError("unavailable", "The secrets of this webhook cannot be opened any more: make a new one");
}

function isReceiver(text: string, allowLocal: boolean): boolean {
  if (!URL.canParse(text) || /[#\s]/.test(text)) return false;
  const { protocol, username, password } = new URL(text);
  const right = protocol === "https:" || (allowLocal && protocol === "http:");
  return right && `${username}${password}` === "";
}
