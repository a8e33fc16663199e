/** Requests to the tenant's XMPP server for what modules of ours do there; another server need not have them. */
import type { DoorContext } from "../components/door.ts";
import { readStanzaError } from "../components/router.ts";
import { attr, type Element, stanzaError, x } from "../components/stanza.ts";

/** The server does not know how; to ask again is no use as long as it is the same server. */
export class NotOffered extends Error {}

const UNKNOWN = ["service-unavailable", "feature-not-implemented"];

interface Asked {
  /** The tenant's host, unless it is one of its people. */
  readonly to?: string;
  readonly timeoutMs: number;
}

/**
 * The server's answer to an iq. Throws NotOffered; the error of the table where it refuses for another reason;
 * `unavailable` where no answer comes.
 */
export async function askServer(
  context: DoorContext,
  type: "get" | "set",
  payload: Element,
  { to = context.tenant.domain, timeoutMs }: Asked,
): Promise<Element> {
  const answer = await context.exchange(x("iq", { type, from: context.domain, to }, payload), timeoutMs);
  if (attr(answer, "type") !== "error") return answer;
  const { condition } = stanzaError(answer);
  throw UNKNOWN.includes(condition) ? new NotOffered(condition) : readStanzaError(answer);
}
