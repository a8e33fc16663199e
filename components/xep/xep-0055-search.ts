/** XEP-0055: Jabber Search, version 1.3. */
import { z } from "zod";
import { attr, childText, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";
import { dataForm, NS_DATA_FORMS } from "./xep-0004-data-forms.ts";

export const NS_SEARCH = "jabber:iq:search";

const form = z.custom<ReturnType<typeof dataForm.read>>();

/** The fields that the XEP knows for people (7.2). */
export const searchFields = ["first", "last", "nick", "email"] as const;
export type SearchField = (typeof searchFields)[number];
const text = z.string().max(1_023).optional();
const fields = { first: text, last: text, nick: text, email: text };

/** What can be searched for, what is searched for, and what was found: with the fields of old, with a form, or both. */
export const peopleSearch = codec({
  name: "query",
  ns: NS_SEARCH,
  schema: z.object({
    instructions: z.string().optional(),
    ...fields,
    items: z.array(z.object({ jid: z.string(), ...fields })).optional(),
    form: form.optional(),
  }),
  read: (element) => {
    const given = element.getChild("x", NS_DATA_FORMS);
    const items = element.getChildren("item");
    return defined({
      instructions: childText(element, "instructions"),
      ...fieldsIn(element),
      items: items.length > 0 ? items.map((item) => ({ jid: attr(item, "jid"), ...fieldsIn(item) })) : undefined,
      form: given && dataForm.read(given),
    });
  },
  write: ({ instructions, items = [], form: given, ...values }) =>
    x(
      "query",
      { xmlns: NS_SEARCH },
      instructions !== undefined && x("instructions", {}, instructions),
      ...fieldElements(values),
      ...items.map(({ jid, ...rest }) => x("item", { jid }, ...fieldElements(rest))),
      given && dataForm.write(given),
    ),
});

type Values = Partial<Record<SearchField, string | undefined>>;

const fieldsIn = (element: Parameters<typeof childText>[0]) =>
  defined(Object.fromEntries(searchFields.map((name) => [name, childText(element, name)])));

const fieldElements = (values: Values) =>
  searchFields.map((name) => values[name] !== undefined && x(name, {}, values[name]));
