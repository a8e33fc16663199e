/** XEP-0433: Extended Channel Search, version 0.1.0. */
import { z } from "zod";
import type { ErrorCode } from "../../platform/errors.ts";
import { SpecificError } from "../specific-error.ts";
import { attr, childText, type Element, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";
import { dataForm, NS_DATA_FORMS } from "./xep-0004-data-forms.ts";
import { NS_RSM, rsmRequest, rsmResult } from "./xep-0059-result-set.ts";

const BASE = "urn:xmpp:channel-search:0";
export const NS_CHANNEL_SEARCH = `${BASE}:search`;
export const CHANNEL_SEARCH_PARAMS = `${BASE}:search-params`;
/** What results are ordered by. */
export const channelOrder = { address: `{${BASE}:order}address`, users: `{${BASE}:order}nusers` } as const;
export const ANONYMITY_NONE = `{${BASE}:anonymity}none`;

const form = z.custom<ReturnType<typeof dataForm.read>>();
const page = z.custom<ReturnType<typeof rsmRequest.read>>();
const pageGiven = z.custom<ReturnType<typeof rsmResult.read>>();

/** Asks for the form when it is empty, or for a page of what the submitted form finds; also the answer with the form. */
export const channelSearch = codec({
  name: "search",
  ns: NS_CHANNEL_SEARCH,
  schema: z.object({ form: form.optional(), page: page.optional() }),
  read: (element) => {
    const [sent, set] = [element.getChild("x", NS_DATA_FORMS), element.getChild("set", NS_RSM)];
    return defined({ form: sent && dataForm.read(sent), page: set && rsmRequest.read(set) });
  },
  write: (search) =>
    x(
      "search",
      { xmlns: NS_CHANNEL_SEARCH },
      search.page && rsmRequest.write(search.page),
      search.form && dataForm.write(search.form),
    ),
});

const channel = z.object({
  address: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  language: z.string().optional(),
  users: z.coerce.number().int().min(0).optional(),
  service: z.string().optional(),
  open: z.boolean(),
  anonymity: z.string().optional(),
});
export type Channel = z.output<typeof channel>;

export const channelResult = codec({
  name: "result",
  ns: NS_CHANNEL_SEARCH,
  schema: z.object({ channels: z.array(channel), page: pageGiven.optional() }),
  read: (element) => {
    const set = element.getChild("set", NS_RSM);
    return defined({ channels: element.getChildren("item").map(channelOf), page: set && rsmResult.read(set) });
  },
  write: ({ channels, page: given }) =>
    x("result", { xmlns: NS_CHANNEL_SEARCH }, ...channels.map(channelElement), given && rsmResult.write(given)),
});

const channelOf = (item: Element) => {
  const open = item.getChild("is-open");
  return defined({
    address: attr(item, "address"),
    name: childText(item, "name"),
    description: childText(item, "description"),
    language: childText(item, "language"),
    users: childText(item, "nusers"),
    service: childText(item, "service-type"),
    // The table has a boolean in it, the examples nothing.
    open: open !== undefined && !["false", "0"].includes(open.getText().trim()),
    anonymity: childText(item, "anonymity-mode"),
  });
};

function channelElement({ address, open, ...rest }: Channel): Element {
  const names = {
    name: rest.name,
    description: rest.description,
    language: rest.language,
    nusers: rest.users,
    "service-type": rest.service,
    "anonymity-mode": rest.anonymity,
  };
  const facts = Object.entries(names).filter(([, value]) => value !== undefined && value !== "");
  return x(
    "item",
    { address },
    ...facts.map(([name, value]) => x(name, {}, String(value))),
    open && x("is-open", {}, "true"),
  );
}

const conditions = {
  "invalid-sort-key": "feature-not-implemented",
  "invalid-search-terms": "bad-request",
  "conflicting-fields": "bad-request",
  "no-search-conditions": "bad-request",
} as const satisfies Record<string, ErrorCode>;

/** A refusal by its condition; `fields` are those that do not go together. */
export function searchError(condition: keyof typeof conditions, detail: string, fields: string[] = []): SpecificError {
  const vars = fields.map((name) => x("var", {}, name));
  return new SpecificError(conditions[condition], detail, x(condition, { xmlns: `${BASE}:error` }, ...vars), "modify");
}

/** Too many searches of one person. */
export const searchesTooOften = (seconds: number): SpecificError =>
  new SpecificError(
    "too-many",
    `Search again in ${seconds} seconds`,
    x("rate-limit", { xmlns: `${BASE}:error`, "retry-after": seconds }),
  );
