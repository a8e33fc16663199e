/**
 * The bridge engine: each link joins a room with a far place of another network. Outbound it is a reader of the room log
 * with a cursor, one ordered lane a link; inbound it puts far messages into the room's inbox, each once by its far id.
 */

import type { Quotas } from "../../identity/core-quota.ts";
import type { Actor } from "../../identity/index.ts";
import { KontorError } from "../../platform/errors.ts";
import type { Route } from "../../platform/http.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Database } from "../../platform/postgres.ts";
import { networks } from "../networks/index.ts";
import type { BridgeDeps } from "./deps.ts";
import { type Bridges, runBridges } from "./engine.ts";
import { type LinkRouteDeps, linkRoutesOf } from "./http.ts";
import { linkSecrets } from "./link-secrets.ts";
import { type NewLink, putLink } from "./store.ts";

export type { BridgeDeps } from "./deps.ts";
export type { Bridges } from "./engine.ts";
export type { LinkRouteDeps } from "./http.ts";
export { countLinks } from "./store.ts";

/** Runs the links of all tenants with every network there is. Returns at once; see runBridges. */
export const startBridges = (deps: BridgeDeps): Bridges => runBridges(deps, networks);

/** The REST routes of links. */
export const linkRoutes = (deps: LinkRouteDeps): Route[] => linkRoutesOf(deps, networks);

/**
 * Links a room with a far place; the same room, network and place again keeps the link and takes over the configuration.
 * Gives the link's id. Throws `bad-request` for a configuration that will not do, `not-found` for an unknown room,
 * `policy-violation` when the tenant has as many links as it may.
 */
export function addLink(
  db: Database,
  tenant: string,
  link: Omit<NewLink, "place">,
  of: { readonly quotas: Quotas; readonly secret: string; readonly actor: Actor; readonly newId: NewId },
): Promise<string> {
  const network = networks.find((each) => each.name === link.network);
  if (!network) throw new KontorError("bad-request", `There is no network '${link.network}'`);
  return putLink(
    db,
    tenant,
    { ...link, place: network.place(link.config).place },
    { ...of, secrets: linkSecrets(of.secret, networks) },
  );
}
