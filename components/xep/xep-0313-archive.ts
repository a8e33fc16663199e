/** XEP-0313: Message Archive Management, version 1.1.2, as a room's archive offers it, with the search of XEP-0431 0.2.0. */
import { z } from "zod";
import { KontorError } from "../../platform/errors.ts";
import { attr, type Element, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";
import { type DataForm, dataForm, formType, formValues, NS_DATA_FORMS } from "./xep-0004-data-forms.ts";
import { NS_RSM, rsmRequest, rsmResult } from "./xep-0059-result-set.ts";
import { delay } from "./xep-0203-delay.ts";

export const NS_MAM = "urn:xmpp:mam:2";
export const NS_MAM_EXTENDED = `${NS_MAM}#extended`;
export const NS_FULL_TEXT = "urn:xmpp:fulltext:0";
const NS_FORWARD = "urn:xmpp:forward:0";
const NS_VALIDATE = "http://jabber.org/protocol/xdata-validate";

/** Ids that one query may name. */
const MAX_IDS = 250;
/** Characters of what is searched for. */
const MAX_TEXT = 256;

const time = z.iso.datetime({ offset: true });
const text = z.string().trim().max(MAX_TEXT).optional();
const page = z.object({ max: z.number().optional(), after: z.string().optional(), before: z.string().optional() });

/** The fields of the form (4.1.5), by which member of a query they are, with their types. */
const fields = {
  with: { name: "with", type: "jid-single" },
  start: { name: "start", type: "text-single" },
  end: { name: "end", type: "text-single" },
  beforeId: { name: "before-id", type: "text-single" },
  afterId: { name: "after-id", type: "text-single" },
  ids: { name: "ids", type: "list-multi" },
  text: { name: `{${NS_FULL_TEXT}}fulltext`, type: "text-single" },
  /** The same by the name that ejabberd gave it before there was one. */
  withText: { name: "withtext", type: "text-single" },
} as const satisfies Record<string, { name: string; type: string }>;
type FieldKey = keyof typeof fields;
const fieldKeys = Object.keys(fields).filter((key): key is FieldKey => key in fields);

/** A query (4.1). Fields of the form that are unknown are refused (4.1.5). */
export const archiveQuery = codec({
  name: "query",
  ns: NS_MAM,
  schema: z.object({
    queryid: z.string().max(255).optional(),
    with: z.string().optional(),
    start: time.optional(),
    end: time.optional(),
    beforeId: z.string().optional(),
    afterId: z.string().optional(),
    ids: z.array(z.string()).min(1).max(MAX_IDS).optional(),
    text,
    withText: text,
    /** The newest of a page is sent first (4.3.4). */
    flip: z.literal(true).optional(),
    page: page.optional(),
  }),
  read: (element) => {
    const form = element.getChild("x", NS_DATA_FORMS);
    const set = element.getChild("set", NS_RSM);
    return defined({
      queryid: attr(element, "queryid"),
      ...(form ? filterOf(dataForm.read(form)) : {}),
      flip: element.getChild("flip-page") ? true : undefined,
      page: set && rsmRequest.read(set),
    });
  },
  write: (query) => {
    const given = fieldKeys.flatMap((key) => {
      const value = query[key];
      if (value === undefined) return [];
      return [{ var: fields[key].name, values: typeof value === "string" ? [value] : [...value] }];
    });
    return x(
      "query",
      { xmlns: NS_MAM, queryid: query.queryid },
      given.length > 0 &&
        dataForm.write({ type: "submit", fields: [{ var: "FORM_TYPE", type: "hidden", values: [NS_MAM] }, ...given] }),
      query.page && rsmRequest.write(query.page),
      query.flip && x("flip-page"),
    );
  },
});

function filterOf(form: DataForm): Record<string, unknown> {
  if (form.type !== "submit") throw new KontorError("bad-request", "The form must be of type submit");
  if (formType(form) !== NS_MAM) throw new KontorError("bad-request", `The form must be of type ${NS_MAM}`);
  const filters: Record<string, unknown> = {};
  for (const { var: name } of form.fields) {
    if (name === undefined || name === "FORM_TYPE") continue;
    const key = fieldKeys.find((each) => fields[each].name === name);
    if (!key) throw new KontorError("feature-not-implemented", `The archive can't filter by ${name}`);
    const values = formValues(form, name) ?? [];
    if (key === "ids") filters.ids = values;
    else if (values.length > 0) filters[key] = values[0];
  }
  return filters;
}

/** The form that tells which filters there are (4.1.5). Any id may be asked for: the list of them is open (XEP-0122). */
export function archiveForm(): Element {
  const form = dataForm.write({
    type: "form",
    fields: [
      { var: "FORM_TYPE", type: "hidden", values: [NS_MAM] },
      ...fieldKeys.map((key) => ({ var: fields[key].name, type: fields[key].type, values: [] })),
    ],
  });
  const ids = form.getChildByAttr("var", fields.ids.name);
  ids?.cnode(x("validate", { xmlns: NS_VALIDATE, datatype: "xs:string" }, x("open")));
  return x("query", { xmlns: NS_MAM }, form);
}

/** The end of a page (4.2). */
export const archiveFin = codec({
  name: "fin",
  ns: NS_MAM,
  schema: z.object({
    complete: z.boolean(),
    page: z.object({
      first: z.object({ id: z.string(), index: z.number().optional() }).optional(),
      last: z.string().optional(),
      count: z.number().optional(),
    }),
  }),
  read: (element) => {
    const set = element.getChild("set", NS_RSM);
    return { complete: attr(element, "complete") === "true", page: set ? rsmResult.read(set) : {} };
  },
  write: (fin) => x("fin", { xmlns: NS_MAM, complete: fin.complete ? "true" : undefined }, rsmResult.write(fin.page)),
});

const end = z.object({ id: z.string().min(1), timestamp: time });

/** Where the archive begins and ends (5); an empty one has neither. */
export const archiveMetadata = codec({
  name: "metadata",
  ns: NS_MAM,
  schema: z.object({ start: end.optional(), end: end.optional() }),
  read: (element) => {
    const side = (name: string) => {
      const child = element.getChild(name);
      return child && { id: attr(child, "id"), timestamp: attr(child, "timestamp") };
    };
    return defined({ start: side("start"), end: side("end") });
  },
  write: (data) =>
    x("metadata", { xmlns: NS_MAM }, data.start && x("start", data.start), data.end && x("end", data.end)),
});

/** One archived message on its way to who asked (4.2). */
export function archiveResult(result: {
  readonly queryid: string | undefined;
  readonly id: string;
  readonly stamp: string;
  readonly message: Element;
}): Element {
  return x(
    "result",
    { xmlns: NS_MAM, queryid: result.queryid, id: result.id },
    x("forwarded", { xmlns: NS_FORWARD }, delay.write({ stamp: result.stamp }), result.message),
  );
}
