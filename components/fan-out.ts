import { escapeXML } from "ltx";
import { release } from "./hold.ts";
import { type Element, x } from "./stanza.ts";

/** The server takes one stanza for many receivers (mod_kontor_fanout of config/prosody and config/ejabberd). */
export const NS_FANOUT = "urn:kontor:fanout:0";

/** The server passes on many stanzas for one receiver in one piece (the same module). */
export const NS_BUNDLE = "urn:kontor:bundle:0";

/** How long the list of receivers in one stanza may be: those of a large room, and below any limit for a stanza. */
const MAX_LIST_CHARS = 100_000;

/** How long a bundle of stanzas may be. */
const MAX_BUNDLE_CHARS = 50_000;

/** By stanza: the same one may be sent often, as the presence of an occupant is to each who comes. */
const texts = new WeakMap<Element, string>();

/** A stanza as text, made once. Whoever sends a stanza does not change it afterwards. */
function textOf(stanza: Element): string {
  const known = texts.get(stanza);
  if (known !== undefined) return known;
  const text = stanza.toString();
  texts.set(stanza, text);
  return text;
}

/** The text of one stanza for many receivers: serialised once, only `to` differs. `stanza` has no `to` of its own. */
export function fanOut(stanza: Element, receivers: readonly string[]): string {
  const text = textOf(stanza);
  let out = "";
  for (const receiver of receivers) out += withAttrs(text, { to: receiver });
  return out;
}

/**
 * The same for a server that copies by itself: `domain` is the component's own. With the last of the receivers the server
 * takes the stanza with the mark `releases` for done.
 */
export function listedFanOut(stanza: Element, receivers: readonly string[], domain: string, releases?: string): string {
  const text = withAttrs(textOf(stanza), { to: domain });
  let out = "";
  let list: string[] = [];
  let chars = 0;
  const listed = () => withChild(text, x("fanout", { xmlns: NS_FANOUT }, list.join("\n")));
  for (const receiver of receivers) {
    if (chars + receiver.length > MAX_LIST_CHARS) {
      out += listed();
      [list, chars] = [[], 0];
    }
    list.push(receiver);
    chars += receiver.length + 1;
  }
  return out + (releases === undefined ? listed() : withChild(listed(), release([releases])));
}

/** Serialised stanzas for one receiver, as a server takes them that passes them on without a look at each. */
export function bundled(stanzas: readonly string[], to: string, domain: string): string {
  let out = "";
  let text = "";
  const close = () => {
    if (text === "") return;
    // As it is, not escaped: the server reads it in one piece.
    const data = text.replaceAll("]]>", "]]]]><![CDATA[>");
    const bundle = withAttrs(`<bundle xmlns="${NS_BUNDLE}"><![CDATA[${data}]]></bundle>`, { to });
    out += `<message from="${domain}" to="${domain}">${bundle}</message>`;
    text = "";
  };
  for (const stanza of stanzas) {
    if (text.length + stanza.length > MAX_BUNDLE_CHARS) close();
    // One that is long by itself goes its own way.
    if (stanza.length > MAX_BUNDLE_CHARS) out += stanza;
    else text += stanza;
  }
  close();
  return out;
}

/** A serialised element with further attributes, which it must not have yet. */
export function withAttrs(text: string, attrs: Readonly<Record<string, string>>): string {
  const cut = text.search(/[\s/>]/);
  let added = "";
  for (const name in attrs) added += ` ${name}="${escapeXML(attrs[name] ?? "")}"`;
  return text.slice(0, cut) + added + text.slice(cut);
}

/** A serialised element with a further child at its end. */
export function withChild(text: string, child: Element): string {
  if (text.endsWith("/>")) return `${text.slice(0, -2)}>${child.toString()}</${text.slice(1, text.search(/[\s/>]/))}>`;
  const cut = text.lastIndexOf("</");
  return text.slice(0, cut) + child.toString() + text.slice(cut);
}
