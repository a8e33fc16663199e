/** XEP-0030: Service Discovery, version 2.5.0, with XEP-0128 (extensions by data forms). */
import { z } from "zod";
import { attr, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";
import { dataForm, NS_DATA_FORMS } from "./xep-0004-data-forms.ts";

export const NS_DISCO_INFO = "http://jabber.org/protocol/disco#info";
export const NS_DISCO_ITEMS = "http://jabber.org/protocol/disco#items";

const identity = z.object({ category: z.string(), type: z.string(), name: z.string().optional() });
export type DiscoIdentity = z.output<typeof identity>;

const form = z.custom<ReturnType<typeof dataForm.read>>();

export const discoInfo = codec({
  name: "query",
  ns: NS_DISCO_INFO,
  schema: z.object({
    node: z.string().optional(),
    identities: z.array(identity),
    features: z.array(z.string()),
    forms: z.array(form),
  }),
  read: (element) =>
    defined({
      node: attr(element, "node"),
      identities: element
        .getChildren("identity")
        .map((each) =>
          defined({ category: attr(each, "category"), type: attr(each, "type"), name: attr(each, "name") }),
        ),
      features: element.getChildren("feature").map((each) => attr(each, "var")),
      forms: element.getChildren("x", NS_DATA_FORMS).map(dataForm.read),
    }),
  write: (info) =>
    x(
      "query",
      { xmlns: NS_DISCO_INFO, node: info.node },
      ...info.identities.map((each) => x("identity", each)),
      ...info.features.map((each) => x("feature", { var: each })),
      ...info.forms.map(dataForm.write),
    ),
});

export const discoItems = codec({
  name: "query",
  ns: NS_DISCO_ITEMS,
  schema: z.object({
    node: z.string().optional(),
    items: z.array(z.object({ jid: z.string(), node: z.string().optional(), name: z.string().optional() })),
  }),
  read: (element) =>
    defined({
      node: attr(element, "node"),
      items: element
        .getChildren("item")
        .map((each) => defined({ jid: attr(each, "jid"), node: attr(each, "node"), name: attr(each, "name") })),
    }),
  write: ({ node, items }) => x("query", { xmlns: NS_DISCO_ITEMS, node }, ...items.map((each) => x("item", each))),
});
