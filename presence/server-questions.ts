/**
 * What the server's module mod_kontor_presence is asked (`urn:kontor:presence:1`): who is online, and whom a person gets
 * the presence of. Both by pages.
 */
import { z } from "zod";
import type { DoorContext } from "../components/door.ts";
import { type Jid, parseJid } from "../components/jid.ts";
import { attr, childElements, type Element, x } from "../components/stanza.ts";
import { KontorError } from "../platform/errors.ts";
import { askServer, NotOffered } from "./ask-server.ts";

const NS_PRESENCE = "urn:kontor:presence:1";
const NS_ROSTER = "jabber:iq:roster";
const PAGE = 200;
const CONTACTS_PAGE = 1_000;
const ANSWER_MS = 10_000;

export interface SessionsPage {
  /** The last presence of each session, with the server's own stamp; `partial` is without what was too long to tell. */
  readonly sessions: readonly { readonly from: Jid; readonly stanza: Element; readonly partial: boolean }[];
  /** Of whom not all sessions were told. */
  readonly many: readonly string[];
  readonly next: string | undefined;
}

/** Sessions of the tenant's people that were there when the first page was asked for. Throws the server's refusal. */
export async function askSessions(context: DoorContext, after: string | undefined): Promise<SessionsPage> {
  const answer = await ask(context, x("sessions", { xmlns: NS_PRESENCE, after, limit: PAGE }));
  return {
    sessions: answer.getChildren("presence").flatMap((stanza) => {
      const from = parseJid(attr(stanza, "from"));
      return from ? [{ from, stanza, partial: attr(stanza, "partial") === "true" }] : [];
    }),
    many: answer.getChildren("many").flatMap((each) => attr(each, "local") ?? []),
    next: attr(answer, "next"),
  };
}

/** The bare addresses of everybody whose presence a person of the tenant gets. */
export async function askContacts(context: DoorContext, localpart: string): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined;
  try {
    do {
      const question = x("contacts", { xmlns: NS_PRESENCE, local: localpart, after, limit: CONTACTS_PAGE });
      const answer = await ask(context, question);
      found.push(...answer.getChildren("item").flatMap((item) => attr(item, "jid") ?? []));
      after = attr(answer, "next");
    } while (after !== undefined);
    return found;
  } catch (error) {
    if (!(error instanceof NotOffered)) throw error;
    return rosterOf(context, localpart);
  }
}

/** The same out of the roster as a whole (XEP-0356 4.3), where that is all that the server offers. */
async function rosterOf(context: DoorContext, localpart: string): Promise<string[]> {
  const query = x("query", { xmlns: NS_ROSTER });
  const roster = await ask(context, query, `${localpart}@${context.tenant.domain}`);
  return roster
    .getChildren("item")
    .filter((item) => ["to", "both"].includes(attr(item, "subscription") ?? ""))
    .flatMap((item) => attr(item, "jid") ?? []);
}

async function ask(context: DoorContext, question: Element, to?: string): Promise<Element> {
  const answer = await askServer(context, "get", question, {
    timeoutMs: ANSWER_MS,
    ...(to === undefined ? {} : { to }),
  });
  const child = answer.getChild(question.name, attr(question, "xmlns"));
  if (!child) throw new KontorError("service-unavailable", `The server's answer has no <${question.name}/>`);
  return child;
}

const localpart = z.string().min(1).max(1023);

/** Whose contacts may have changed, as the server's module tells by itself; undefined: the message is about nothing of it. */
export function rostersTouched(message: Element): string[] | undefined {
  const told = message.getChild("rosters", NS_PRESENCE);
  return told && childElements(told).map((each) => localpart.parse(attr(each, "local")));
}
