/** XEP-0004: Data Forms, version 2.13.1. */
import { z } from "zod";
import { attr, type Element, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";

export const NS_DATA_FORMS = "jabber:x:data";

const field = z.object({
  var: z.string().optional(),
  type: z.string().optional(),
  label: z.string().optional(),
  values: z.array(z.string()).default([]),
  required: z.boolean().optional(),
  options: z.array(z.object({ label: z.string().optional(), value: z.string() })).optional(),
});

const schema = z.object({
  type: z.enum(["form", "submit", "cancel", "result"]),
  title: z.string().optional(),
  instructions: z.string().optional(),
  fields: z.array(field).default([]),
  /** A table (3.4): its columns, and its rows. */
  reported: z.array(field).optional(),
  items: z.array(z.array(field)).optional(),
});

export type FormField = z.output<typeof field>;
export type DataForm = z.output<typeof schema>;

export const dataForm = codec({
  name: "x",
  ns: NS_DATA_FORMS,
  schema,
  read: (element) =>
    defined({
      type: attr(element, "type"),
      title: element.getChildText("title") ?? undefined,
      instructions: element.getChildText("instructions") ?? undefined,
      fields: fieldsOf(element),
      reported: element.getChild("reported") && fieldsOf(element.getChild("reported")),
      items: element.getChild("item") && element.getChildren("item").map(fieldsOf),
    }),
  write: (form) =>
    x(
      "x",
      { xmlns: NS_DATA_FORMS, type: form.type },
      form.title !== undefined && x("title", {}, form.title),
      form.instructions !== undefined && x("instructions", {}, form.instructions),
      ...form.fields.map(fieldElement),
      form.reported && x("reported", {}, ...form.reported.map(fieldElement)),
      ...(form.items ?? []).map((item) => x("item", {}, ...item.map(fieldElement))),
    ),
});

const fieldsOf = (element: Element | undefined) =>
  (element?.getChildren("field") ?? []).map((each) =>
    defined({
      var: attr(each, "var"),
      type: attr(each, "type"),
      label: attr(each, "label"),
      values: each.getChildren("value").map((value) => value.getText()),
      required: each.getChild("required") ? true : undefined,
      options: optionsOf(each),
    }),
  );

const fieldElement = (each: z.output<typeof field>): Element =>
  x(
    "field",
    { var: each.var, type: each.type, label: each.label },
    each.required && x("required"),
    ...each.values.map((value) => x("value", {}, value)),
    ...(each.options ?? []).map(({ label, value }) => x("option", { label }, x("value", {}, value))),
  );

function optionsOf(field: Element) {
  const options = field.getChildren("option");
  if (options.length === 0) return undefined;
  return options.map((option) => defined({ label: attr(option, "label"), value: option.getChildText("value") ?? "" }));
}

/** The FORM_TYPE of a form (XEP-0068 3). */
export function formType(form: DataForm): string | undefined {
  return formValues(form, "FORM_TYPE")?.[0];
}

/** The values of a field, or undefined when the form has no such field. */
export function formValues(form: DataForm, name: string): readonly string[] | undefined {
  return form.fields.find((each) => each.var === name)?.values;
}
