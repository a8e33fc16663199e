/**
 * Routes the stanzas of one component domain by a table. Every iq get and set is answered (RFC 6120 8.2.3); the
 * fallbacks stand here once.
 */
import { KontorError, toKontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import { type Held, isTaken } from "./hold.ts";
import { type Jid, jidText, parseJid } from "./jid.ts";
import { SpecificError } from "./specific-error.ts";
import { attr, childElements, type Element, errorReply, iqResult, stanzaError } from "./stanza.ts";
import type { DataForm } from "./xep/xep-0004-data-forms.ts";
import { type DiscoIdentity, discoInfo, NS_DISCO_INFO } from "./xep/xep-0030-service-discovery.ts";
import { NS_PING } from "./xep/xep-0199-ping.ts";

/** A stanza with its addresses parsed. */
export interface Incoming {
  readonly stanza: Element;
  readonly from: Jid;
  readonly to: Jid;
  /** Where the server keeps the stanza until it is done with. */
  readonly held?: Held | undefined;
}

/** Which addresses of the domain a route is for: the domain itself, `local@domain`, or `local@domain/resource`. */
type Target = "domain" | "bare" | "full";

export interface IqRoute {
  readonly to: Target;
  readonly type: "get" | "set";
  readonly ns: string;
  /** Name of the payload element; any when missing. */
  readonly name?: string;
  /** Gives the child of the result, or undefined for an empty one. Throws a KontorError for an error reply. */
  readonly handle: (incoming: Incoming, payload: Element) => Promise<Element | undefined> | Element | undefined;
}

export interface RouterOptions {
  readonly send: (stanza: Element) => boolean;
  /** Called when the handling of a kept stanza ended and nobody took the release over. */
  readonly release?: (mark: string) => void;
  readonly log: Log;
  readonly newId: NewId;
  /** Throws when the sender may not talk to this domain at all: the second wall between tenants. */
  readonly admit: (from: Jid) => void;
  readonly iq: readonly IqRoute[];
  /** Answers by a whole stanza what no route is for at `local@domain/resource`. */
  readonly relay?: (incoming: Incoming, payload: Element) => Promise<Element>;
  /** May answer by throwing. */
  readonly message?: (incoming: Incoming) => Promise<void> | void;
  readonly presence?: (incoming: Incoming) => Promise<void> | void;
  /** What the domain itself says of itself to disco#info; `domain` targets of `iq` are added as features. */
  readonly identity: DiscoIdentity;
  readonly features: readonly string[];
  /** What a node of the domain says of itself to disco#info; undefined: there is no such node. */
  readonly describeNode?: (incoming: Incoming, node: string) => Promise<Element> | undefined;
  /** Further facts about the domain in its disco#info (XEP-0128). */
  readonly forms?: readonly DataForm[];
  /** The application-specific condition of an error reply (RFC 6120 8.3.4), where the XEP of a request has one. */
  readonly errorChild?: (error: KontorError) => Element | undefined;
  /** What an error reply says besides the error (RFC 6120 8.3.1), by which a client knows what it is about. */
  readonly errorContext?: (refused: Element) => Element | undefined;
}

export interface Router {
  readonly route: (stanza: Element, held?: Held) => Promise<void> | void;
  readonly oversized: (stanza: Element, held?: Held) => void;
  /** Sends an iq and gives the answer's stanza, which may be an error; rejects only when none comes. */
  exchange(iq: Element, timeoutMs?: number): Promise<Element>;
  /** Sends an iq and gives the answer's stanza; rejects with the error of the table on an error or after `timeoutMs`. */
  request(iq: Element, timeoutMs?: number): Promise<Element>;
  /** The stream went down: whoever waits for an answer gets `unavailable`. */
  abandon(): void;
}

const ERROR_CODES = {
  "item-not-found": "not-found",
  forbidden: "forbidden",
  conflict: "conflict",
  "not-allowed": "not-allowed",
  "not-authorized": "not-authorized",
  "feature-not-implemented": "feature-not-implemented",
} as const satisfies Record<string, string>;

/** The error of the table that a stanza error means. */
export function readStanzaError(stanza: Element): KontorError {
  const { condition, text } = stanzaError(stanza);
  const known = Object.entries(ERROR_CODES).find(([name]) => name === condition);
  return new KontorError(known?.[1] ?? "service-unavailable", text ?? condition);
}

export function createRouter(options: RouterOptions): Router {
  const waiting = new Map<
    string,
    { resolve: (answer: Element) => void; reject: (error: Error) => void; timer: NodeJS.Timeout }
  >();
  const own: readonly IqRoute[] = [
    { to: "domain", type: "get", ns: NS_PING, handle: () => undefined },
    {
      to: "domain",
      type: "get",
      ns: NS_DISCO_INFO,
      handle: (incoming, query) => {
        const node = attr(query, "node");
        if (node) return options.describeNode?.(incoming, node) ?? noNode();
        return discoInfo.write({
          identities: [options.identity],
          features: domainFeatures,
          forms: [...(options.forms ?? [])],
        });
      },
    },
  ];
  const table = new Map<string, IqRoute>();
  for (const each of [...own, ...options.iq]) table.set(routeKey(each.to, each.type, each.ns, each.name), each);
  const domainFeatures = [
    ...new Set([
      ...[...table.values()].filter((each) => each.to === "domain").map((each) => each.ns),
      ...options.features,
    ]),
  ].sort();

  const reply = (stanza: Element, error: unknown) => {
    const condition = error instanceof SpecificError ? error.condition : options.errorChild?.(toKontorError(error));
    const answer = errorReply(stanza, error, condition);
    if (error instanceof SpecificError && error.type) answer?.getChild("error")?.attr("type", error.type);
    const context = answer && options.errorContext?.(stanza);
    if (context) answer.children.unshift(context);
    if (answer) options.send(answer);
    // A server that is away is logged once where it is noticed, not for each stanza that meets it.
    if (toKontorError(error).code === "internal")
      options.log.error("A stanza failed", { error, from: attr(stanza, "from") });
  };

  const done = (held: Held | undefined) => {
    if (held && !isTaken(held)) options.release?.(held.mark);
  };

  const routeIq = async (incoming: Incoming) => {
    const { stanza, to } = incoming;
    const type = attr(stanza, "type");
    if (type === "result" || type === "error") return answered(stanza);
    if (type !== "get" && type !== "set")
      throw new KontorError("bad-request", "An iq is of type get, set, result or error");
    const payloads = childElements(stanza);
    const payload = payloads[0];
    if (!attr(stanza, "id") || !payload || payloads.length > 1) {
      throw new KontorError("bad-request", "An iq has an id and exactly one child element");
    }
    const target = targetOf(to);
    const ns = payload.getNS() ?? "";
    const found = table.get(routeKey(target, type, ns, payload.name)) ?? table.get(routeKey(target, type, ns));
    if (!found && target === "full" && options.relay) {
      options.send(await options.relay(incoming, payload));
      return;
    }
    if (!found) throw new KontorError("service-unavailable", `${ns} is not offered at this address`);
    options.send(iqResult(stanza, await found.handle(incoming, payload)));
  };

  const answered = (stanza: Element) => {
    const entry = waiting.get(`${attr(stanza, "id")} ${attr(stanza, "from")}`);
    if (!entry) return;
    waiting.delete(`${attr(stanza, "id")} ${attr(stanza, "from")}`);
    clearTimeout(entry.timer);
    entry.resolve(stanza);
  };

  const dispatch = (incoming: Incoming): Promise<void> | void => {
    if (incoming.stanza.name === "iq") return routeIq(incoming);
    if (incoming.stanza.name === "message") return options.message?.(incoming);
    if (incoming.stanza.name === "presence") return options.presence?.(incoming);
  };

  const exchange: Router["exchange"] = (iq, timeoutMs = 10_000) => {
    const id = options.newId();
    iq.attrs.id = id;
    const to = parseJid(attr(iq, "to"));
    const key = `${id} ${to ? jidText(to) : ""}`;
    return new Promise<Element>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(key);
        reject(new KontorError("unavailable", `No answer within ${timeoutMs} ms`));
      }, timeoutMs);
      waiting.set(key, { resolve, reject, timer });
      if (options.send(iq)) return;
      waiting.delete(key);
      clearTimeout(timer);
      reject(new KontorError("unavailable", "The stream to the XMPP server is down"));
    });
  };

  return {
    route: (stanza, held) => {
      try {
        const from = parseJid(attr(stanza, "from"));
        const to = parseJid(attr(stanza, "to"));
        // Without a sender there is nobody to answer.
        if (!from) return done(held);
        if (!to) throw new KontorError("jid-malformed", "The address is malformed");
        const isAnswer = stanza.name === "iq" && ["result", "error"].includes(attr(stanza, "type") ?? "");
        if (!isAnswer) options.admit(from);
        const work = dispatch({ stanza, from, to, held });
        if (work) return work.catch((error: unknown) => reply(stanza, error)).then(() => done(held));
      } catch (error) {
        reply(stanza, error);
      }
      done(held);
    },
    oversized: (stanza, held) => {
      reply(stanza, new KontorError("too-large", "The stanza is too large: send less at once"));
      done(held);
    },
    exchange,
    request: async (iq, timeoutMs) => {
      const answer = await exchange(iq, timeoutMs);
      if (attr(answer, "type") === "error") throw readStanzaError(answer);
      return answer;
    },
    abandon: () => {
      for (const { reject, timer } of waiting.values()) {
        clearTimeout(timer);
        reject(new KontorError("unavailable", "The stream to the XMPP server went down"));
      }
      waiting.clear();
    },
  };
}

function noNode(): never {
  throw new KontorError("not-found", "There is no such node");
}

const routeKey = (to: Target, type: string, ns: string, name?: string): string => `${to} ${type} ${ns} ${name ?? "*"}`;

function targetOf(to: Jid): Target {
  if (to.local === "") return "domain";
  return to.resource === "" ? "bare" : "full";
}
