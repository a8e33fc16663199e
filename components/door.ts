/**
 * A door is what a domain of Kontor offers at one subdomain of every tenant: `rooms.`, `upload.`, `presence.`.
 * This file opens its stream, routes its stanzas and lets in only senders of the tenant and of its partners.
 */
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import { bundled, fanOut, listedFanOut, NS_BUNDLE, NS_FANOUT } from "./fan-out.ts";
import type { Jid } from "./jid.ts";
import { createRouter, type Router, type RouterOptions } from "./router.ts";
import { type Element, x } from "./stanza.ts";
import { openStream } from "./stream.ts";
import { discoInfo, NS_DISCO_INFO } from "./xep/xep-0030-service-discovery.ts";

/** As much of a tenant as a stream needs to know. */
export interface TenantRef {
  readonly id: string;
  readonly domain: string;
  /** Domains of tenants with which federation was agreed from both sides. */
  readonly partners: readonly string[];
}

/** What a door gets for one tenant. */
export interface DoorContext {
  readonly tenant: TenantRef;
  /** The domain of this stream, such as `rooms.amt-nord.example`. */
  readonly domain: string;
  readonly log: Log;
  /** False when the stream is down and nothing was sent. */
  send(stanza: Element): boolean;
  /**
   * One stanza (without `to`) to many receivers, in the cheapest way that the server knows. With it goes the release of
   * a kept stanza, which the server takes for done in the moment in which it delivers this one.
   */
  sendToAll(stanza: Element, receivers: readonly string[], releases?: string): boolean;
  release(mark: string): void;
  /** Whether a stanza that may come again was released over this very stream. */
  isReleased(mark: string): boolean;
  /** Many serialised stanzas to one receiver, whom each names as its `to`, in the cheapest way that the server knows. */
  sendMany(stanzas: readonly string[], to: string): boolean;
  request(iq: Element, timeoutMs?: number): Promise<Element>;
  /** The same, where an error is an answer like another. */
  exchange(iq: Element, timeoutMs?: number): Promise<Element>;
  /** Opens the stream anew, where it stands but does not give what it should. */
  restart(reason: string): void;
}

/** What a door does for one tenant. */
export interface DoorHandlers
  extends Pick<
    RouterOptions,
    | "iq"
    | "message"
    | "presence"
    | "identity"
    | "features"
    | "forms"
    | "describeNode"
    | "relay"
    | "errorChild"
    | "errorContext"
  > {
  /** The stream came up, for the first time or again: others may have served in between. */
  readonly onOnline?: () => void;
  readonly onOffline?: () => void;
  readonly close?: () => Promise<void>;
}

export interface Door {
  /** The first label of the domain. */
  readonly prefix: string;
  open(context: DoorContext): DoorHandlers;
}

export interface DoorServer {
  readonly host: string;
  readonly port: number;
  readonly secretOf: (domain: string) => string;
  readonly maxStanzaBytes: number;
  readonly newId: NewId;
  readonly log: Log;
}

export interface ServedDoor {
  readonly domain: string;
  readonly online: boolean;
  /** From now on lets in people of these domains besides the tenant's own. */
  setPartners(domains: readonly string[]): void;
  close(): Promise<void>;
}

/** Serves a door for one tenant until closed. */
export function serveDoor(door: Door, tenant: TenantRef, server: DoorServer): ServedDoor {
  const domain = `${door.prefix}.${tenant.domain}`;
  const log = server.log.with({ tenant: tenant.id, domain });
  // The door needs a way to send before the stream exists, the stream needs the door's handlers.
  let router: Router | undefined;
  /** What the server says that it can. */
  let features: readonly string[] = [];
  const serverCan = (feature: string) => features.includes(feature);
  let partners = tenant.partners;
  const context: DoorContext = {
    tenant,
    domain,
    log,
    send: (stanza) => stream.send(stanza),
    sendToAll: (stanza, receivers, releases) => {
      if (!serverCan(NS_FANOUT) || receivers.length < 2) {
        const sent = stream.write(fanOut(stanza, receivers));
        if (releases !== undefined) context.release(releases);
        return sent;
      }
      if (releases !== undefined) stream.holding?.releasing(releases);
      return stream.write(listedFanOut(stanza, receivers, domain, releases));
    },
    release: (mark) => stream.release(mark),
    isReleased: (mark) => stream.holding?.isReleased(mark) ?? false,
    sendMany: (stanzas, to) => stream.write(serverCan(NS_BUNDLE) ? bundled(stanzas, to, domain) : stanzas.join("")),
    request: (iq, timeoutMs) => router?.request(iq, timeoutMs) ?? notOpen(),
    exchange: (iq, timeoutMs) => router?.exchange(iq, timeoutMs) ?? notOpen(),
    restart: (reason) => stream.restart(reason),
  };
  const handlers = door.open(context);
  const routing = createRouter({
    ...handlers,
    send: context.send,
    release: context.release,
    log,
    newId: server.newId,
    admit: (from) => admit(from, [tenant.domain, ...partners]),
  });
  router = routing;
  /** Until the answer, and from a server that does not know how, each receiver gets a stanza of its own. */
  const askWhatServerCan = async (): Promise<void> => {
    const request = x("iq", { type: "get", from: domain, to: tenant.domain }, x("query", { xmlns: NS_DISCO_INFO }));
    try {
      const query = (await routing.request(request)).getChild("query", NS_DISCO_INFO);
      features = query === undefined ? [] : discoInfo.read(query).features;
    } catch (error) {
      log.debug("The server does not say what it can", { error });
    }
  };
  const stream = openStream({
    host: server.host,
    port: server.port,
    domain,
    secret: server.secretOf(domain),
    maxStanzaBytes: server.maxStanzaBytes,
    log,
    onStanza: routing.route,
    onOversized: routing.oversized,
    onOnline: () => {
      handlers.onOnline?.();
      void askWhatServerCan();
    },
    onOffline: () => {
      features = [];
      routing.abandon();
      handlers.onOffline?.();
    },
  });
  return {
    domain,
    get online() {
      return stream.online;
    },
    setPartners: (domains) => {
      partners = domains;
    },
    close: async () => {
      await handlers.close?.();
      await stream.close();
    },
  };
}

const notOpen = (): Promise<never> => Promise.reject(new KontorError("unavailable", "The door is not open yet"));

function admit(from: Jid, domains: readonly string[]): void {
  const within = (domain: string) => from.domain === domain || from.domain.endsWith(`.${domain}`);
  if (domains.some(within)) return;
  throw new KontorError("forbidden", "This address belongs to another tenant");
}
