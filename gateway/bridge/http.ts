import type { Redis } from "ioredis";
import { z } from "zod";
import type { Quotas } from "../../identity/core-quota.ts";
import { actorOf } from "../../identity/index.ts";
import { findRoom } from "../../messaging/index.ts";
import type { Clock } from "../../platform/clock.ts";
import { KontorError } from "../../platform/errors.ts";
import { type Route, route } from "../../platform/http.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { Database } from "../../platform/postgres.ts";
import { wake } from "../../platform/wake.ts";
import { linksTopic } from "./events.ts";
import { linkSecrets } from "./link-secrets.ts";
import type { Network } from "./network.ts";
import { findLink, type Link, listLinks, putLink, removeLink } from "./store.ts";
import { listUndeliverable } from "./store-messages.ts";

const capabilities = z.object({
  multiline: z.boolean(),
  occupants: z.boolean(),
  messageIds: z.boolean(),
  givesPresence: z.boolean().describe("It tells who of its people is away, which the room shows."),
  takesPresence: z.boolean().describe("It shows the presence of each person of the room; else none of it leaves."),
});

const linkSchema = z.object({
  id: z.uuid(),
  room: z.string().describe("Local part of the room's address."),
  network: z.string(),
  place: z.string().describe("The far place."),
  config: z.record(z.string(), z.unknown()).describe("Without secrets."),
  state: z.enum(["waiting", "connecting", "online", "away", "broken"]),
  lastError: z.string().nullable().describe("Why the far side was lost, while it is."),
  lag: z.int().describe("Entries of the room log that the link has not passed yet."),
  capabilities: capabilities.optional().describe("What the network can show as itself; the rest is said in text."),
  createdAt: z.iso.datetime(),
});

const undeliverableSchema = z.object({ messageId: z.uuid(), reason: z.string(), at: z.iso.datetime() });

export interface LinkRouteDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  /** The installation's. */
  readonly quotas: Quotas;
  /** The master under which secrets of links are sealed. */
  readonly secret: string;
}

/** The links of a tenant over REST. Changes reach the running engines at once. */
export function linkRoutesOf(deps: LinkRouteDeps, networks: readonly Network[]): Route[] {
  const byName = new Map(networks.map((network) => [network.name, network]));
  const secrets = linkSecrets(deps.secret, networks);
  const tenantPath = z.object({ tenant: z.string().min(1).max(63) });
  const linkPath = tenantPath.extend({ link: z.uuid() });

  const shown = (link: Link): z.input<typeof linkSchema> => {
    const network = byName.get(link.network);
    return {
      id: link.id,
      room: link.room,
      network: link.network,
      place: link.place,
      config: shownConfig(network, () => secrets.open(link, link.config)),
      state: link.state,
      lastError: link.lastError,
      lag: link.lag,
      capabilities: network?.capabilities,
      createdAt: link.createdAt.toISOString(),
    };
  };
  const read = async (tenant: string, id: string): Promise<Link> => {
    const link = await findLink(deps.db, { tenant, id });
    if (!link) throw new KontorError("not-found", "There is no such link");
    return link;
  };

  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/links",
      summary: "All links of the tenant with their state and lag; their number is a quota",
      scope: "links:read",
      params: tenantPath,
      response: z.object({ links: z.array(linkSchema) }),
      handle: async ({ params }) => ({ links: (await listLinks(deps.db, [params.tenant])).map(shown) }),
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/links/{link}",
      summary: "One link with the messages that its far side refused (the latest 100)",
      scope: "links:read",
      params: linkPath,
      response: linkSchema.extend({ undeliverable: z.array(undeliverableSchema) }),
      handle: async ({ params: { tenant, link: id } }) => ({
        ...shown(await read(tenant, id)),
        undeliverable: (await listUndeliverable(deps.db, { tenant, id })).map(({ at, ...rest }) => ({
          ...rest,
          at: at.toISOString(),
        })),
      }),
    }),
    route({
      method: "post",
      path: "/tenants/{tenant}/links",
      summary: "Link a room with a place of another network; the same place again takes over the configuration",
      scope: "links:write",
      params: tenantPath,
      body: z.strictObject({
        room: z.string().min(1).max(255).describe("Local part of the room's address."),
        network: z.enum(networks.map((network) => network.name)),
        config: z.record(z.string(), z.unknown()).describe("As the network asks for it."),
      }),
      status: 201,
      response: linkSchema,
      problems: ["policy-violation"],
      handle: async ({ params: { tenant }, body: { room, network: name, config }, caller }) => {
        const network = byName.get(name);
        if (!network) throw new KontorError("bad-request", `There is no network '${name}'`);
        const { place } = network.place(config);
        const found = await findRoom(deps.db, tenant, room.toLowerCase());
        if (!found) throw new KontorError("not-found", "There is no such room: make it first");
        const now = new Date(deps.clock());
        const link = { id: deps.newId(), roomId: found.id, network: name, place, config, now };
        const id = await putLink(deps.db, tenant, link, {
          ...{ quotas: deps.quotas, secrets, actor: actorOf(caller), newId: deps.newId },
        });
        await wake(deps.redis, linksTopic, { tenant }, deps.log);
        return shown(await read(tenant, id));
      },
    }),
    route({
      method: "delete",
      path: "/tenants/{tenant}/links/{link}",
      summary: "Remove a link: the far side is left, its id map is deleted",
      scope: "links:write",
      params: linkPath,
      status: 204,
      handle: async ({ params: { tenant, link: id }, caller }) => {
        const now = new Date(deps.clock());
        await removeLink(deps.db, { tenant, id }, { actor: actorOf(caller), newId: deps.newId, now });
        await wake(deps.redis, linksTopic, { tenant }, deps.log);
      },
    }),
  ];
}

/** A configuration that is not valid any more, or cannot be opened, shows nothing: what of it is secret cannot be told. */
function shownConfig(network: Network | undefined, config: () => unknown): Record<string, unknown> {
  try {
    return { ...network?.place(config()).shown };
  } catch {
    return {};
  }
}
