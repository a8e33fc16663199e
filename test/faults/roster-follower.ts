/** A client that keeps its roster as RFC 6121 2.1.6 has it: asked once, then by pushes. */
import { type SignIn, signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { x } from "../../components/stanza.ts";
import { askRoster, pushed, type Roster } from "../support/roster.ts";

export interface RosterFollower {
  readonly client: XmppClient;
  /** As the pushes left it. */
  readonly roster: Readonly<Roster>;
  /** Resolves with the next push. */
  nextPush(): Promise<void>;
}

export async function followRoster(at: SignIn): Promise<RosterFollower> {
  const client = await signIn(at);
  const roster: Roster = {};
  const waiting = new Set<() => void>();
  // Those that came behind the answer and before it was read.
  let early: { jid: string; item: string }[] | undefined = [];
  const apply = ({ jid, item }: { jid: string; item: string }) => {
    if (item.startsWith("remove ")) delete roster[jid];
    else roster[jid] = item;
  };
  client.onStanza((stanza) => {
    const push = pushed(stanza);
    if (!push) return;
    if (early) early.push(push);
    else apply(push);
    for (const resolve of waiting) resolve();
    waiting.clear();
  });
  Object.assign(roster, (await askRoster(client))?.roster);
  early.forEach(apply);
  early = undefined;
  await client.send(x("presence"));
  return { client, roster, nextPush: () => new Promise((resolve) => waiting.add(resolve)) };
}
