/** XEP-0060: Publish-Subscribe, version 1.26.0: as much as the personal nodes of people (XEP-0163) are read and written with. */
import { attr, childElements, type Element, x } from "../stanza.ts";

export const NS_PUBSUB = "http://jabber.org/protocol/pubsub";

export interface PubsubItem {
  readonly id: string;
  readonly payload: Element;
}

const pubsub = (child: Element): Element => x("pubsub", { xmlns: NS_PUBSUB }, child);

/** Section 6.5.7: the newest item of a node. */
export const newestItemRequest = (node: string): Element => pubsub(x("items", { node, max_items: 1 }));

/** The newest item in the answer to that; undefined: there is none. */
export function newestItem(answer: Element): PubsubItem | undefined {
  const item = answer.getChild("pubsub", NS_PUBSUB)?.getChild("items")?.getChildren("item").at(-1);
  const [id, payload] = [item && attr(item, "id"), item && childElements(item)[0]];
  return id === undefined || payload === undefined ? undefined : { id, payload };
}

/** Section 7.1.1. */
export const publishRequest = (node: string, { id, payload }: PubsubItem): Element =>
  pubsub(x("publish", { node }, x("item", { id }, payload)));

/** Section 7.2.1: nobody is told. */
export const retractRequest = (node: string, id: string): Element => pubsub(x("retract", { node }, x("item", { id })));
