/** The roster of a client (RFC 6121 2), as it is asked for and as it is pushed. */
import type { XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, x } from "../../components/stanza.ts";

const NS_ROSTER = "jabber:iq:roster";

/** `subscription name [groups] ask`, by bare address. */
export type Roster = Record<string, string>;

const shown = (item: Element): string => {
  const groups = item
    .getChildren("group")
    .map((each) => each.getText())
    .sort();
  const name = attr(item, "name");
  return [attr(item, "subscription"), name && `'${name}'`, `[${groups.join(", ")}]`, attr(item, "ask") && "asked"]
    .filter((each) => each)
    .join(" ");
};

/** The roster and its version; undefined when the server says that the given version still holds (2.6). */
export async function askRoster(
  client: XmppClient,
  ver?: string,
): Promise<{ ver: string; roster: Roster } | undefined> {
  const answer = await client.iq(x("iq", { type: "get" }, x("query", { xmlns: NS_ROSTER, ver })));
  const query = answer.getChild("query", NS_ROSTER);
  if (answer.attrs.type !== "result") throw new Error(`no roster: ${answer}`);
  if (!query) return undefined;
  const items = childElements(query).map((item) => [attr(item, "jid") ?? "", shown(item)]);
  return { ver: attr(query, "ver") ?? "", roster: Object.fromEntries(items) };
}

/** Sets an item; gives the condition of an error, or undefined. */
export async function setItem(
  client: XmppClient,
  jid: string,
  item: { readonly name?: string; readonly groups?: readonly string[]; readonly remove?: boolean },
): Promise<string | undefined> {
  const { name, groups = [], remove } = item;
  const subscription = remove ? "remove" : undefined;
  const child = x("item", { jid, name, subscription }, ...groups.map((each) => x("group", {}, each)));
  const answer = await client.iq(x("iq", { type: "set" }, x("query", { xmlns: NS_ROSTER }, child)));
  const error = answer.getChild("error");
  return error && childElements(error)[0]?.name;
}

/** The item of a push and the version that it makes, or undefined for what is none. */
export function pushed(stanza: Element): { jid: string; item: string; ver: string } | undefined {
  const query = stanza.is("iq") && attr(stanza, "type") === "set" ? stanza.getChild("query", NS_ROSTER) : undefined;
  const item = query?.getChild("item");
  return query && item && { jid: attr(item, "jid") ?? "", item: shown(item), ver: attr(query, "ver") ?? "" };
}
