/** XEP-0313: Message Archive Management, version 1.1.2, as a room's archive offers it. */
import { z } from "zod";
import { KontorError } from "../../platform/errors.ts";
import { attr, type Element, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";
import { type DataForm, dataForm, formType, formValues, NS_DATA_FORMS } from "./xep-0004-data-forms.ts";
import { NS_RSM, rsmRequest, rsmResult } from "./xep-0059-result-set.ts";
import { delay } from "./xep-0203-delay.ts";

export const NS_MAM = "urn:xmpp:mam:2";
const NS_FORWARD = "urn:xmpp:forward:0";

const time = z.iso.datetime({ offset: true });
const page = z.object({ max: z.number().optional(), after: z.string().optional(), before: z.string().optional() });

/** A query (4.1); the form's fields of this version: with, start, end. Unknown fields are refused (4.1.4). */
export const archiveQuery = codec({
  name: "query",
  ns: NS_MAM,
  schema: z.object({
    queryid: z.string().optional(),
    with: z.string().optional(),
    start: time.optional(),
    end: time.optional(),
    page: page.optional(),
  }),
  read: (element) => {
    const form = element.getChild("x", NS_DATA_FORMS);
    const set = element.getChild("set", NS_RSM);
    return defined({
      queryid: attr(element, "queryid"),
      ...(form ? filterOf(dataForm.read(form)) : {}),
      page: set && rsmRequest.read(set),
    });
  },
  write: (query) => {
    const filters = defined({ with: query.with, start: query.start, end: query.end });
    const fields = Object.entries({ FORM_TYPE: NS_MAM, ...filters }).map(([name, value]) => ({
      var: name,
      ...(name === "FORM_TYPE" ? { type: "hidden" } : {}),
      values: [String(value)],
    }));
    return x(
      "query",
      { xmlns: NS_MAM, queryid: query.queryid },
      fields.length > 1 && dataForm.write({ type: "submit", fields }),
      query.page && rsmRequest.write(query.page),
    );
  },
});

function filterOf(form: DataForm): Record<string, string> {
  if (formType(form) !== NS_MAM) throw new KontorError("bad-request", `The form must be of type ${NS_MAM}`);
  const filters: Record<string, string> = {};
  for (const { var: name } of form.fields) {
    if (name === undefined || name === "FORM_TYPE") continue;
    if (!["with", "start", "end"].includes(name)) {
      throw new KontorError("feature-not-implemented", `The archive can't filter by ${name}`);
    }
    const value = formValues(form, name)?.[0];
    if (value !== undefined) filters[name] = value;
  }
  return filters;
}

/** The form that tells which filters there are (4.1.5). */
export function archiveForm(): Element {
  return x(
    "query",
    { xmlns: NS_MAM },
    dataForm.write({
      type: "form",
      fields: [
        { var: "FORM_TYPE", type: "hidden", values: [NS_MAM] },
        { var: "with", type: "jid-single", values: [] },
        { var: "start", type: "text-single", values: [] },
        { var: "end", type: "text-single", values: [] },
      ],
    }),
  );
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
