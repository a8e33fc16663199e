/** The search for rooms (XEP-0433): its form, what a submitted one asks for, and pages of what was found. Pure. */
import { type DataForm, formType, formValues } from "../components/xep/xep-0004-data-forms.ts";
import type { rsmRequest } from "../components/xep/xep-0059-result-set.ts";
import { CHANNEL_SEARCH_PARAMS, channelOrder, searchError } from "../components/xep/xep-0433-channel-search.ts";
import { KontorError } from "../platform/errors.ts";
import { fieldsIn, type Language } from "./form-fields.ts";

const SERVICE = "xep-0045";
const MAX_TERMS = 5;
const MAX_LENGTH = 100;
const MAX_PAGE = 100;

export interface RoomSearch {
  /** All of them must be found; empty: everything is. */
  readonly terms: readonly string[];
  readonly fields: { readonly name: boolean; readonly description: boolean; readonly address: boolean };
  readonly minUsers: number;
  readonly order: keyof typeof channelOrder;
  /** Other kinds of channels are asked for, and there are none. */
  readonly none: boolean;
}

/** The form with what is searched unless something else is said. */
export function searchForm(language: Language): DataForm {
  const { field, words } = fieldsIn(language);
  const yes = { type: "boolean", values: ["true"] };
  return {
    type: "form",
    fields: [
      { var: "FORM_TYPE", type: "hidden", values: [CHANNEL_SEARCH_PARAMS] },
      field("q", "search"),
      field("all", "all", { type: "boolean" }),
      field("sinname", "inName", yes),
      field("sindescription", "inDescription", yes),
      field("sinaddr", "inAddress", yes),
      field("min_users", "minUsers", { values: ["0"] }),
      field("types", "types", {
        type: "list-multi",
        values: [SERVICE],
        options: [{ value: SERVICE, label: words({ de: "Räume (XEP-0045)", en: "Rooms (XEP-0045)" }) }],
      }),
      field("key", "order", {
        type: "list-single",
        values: [channelOrder.address],
        options: [
          { value: channelOrder.address, label: words({ de: "Adresse", en: "Address" }) },
          { value: channelOrder.users, label: words({ de: "Anwesende", en: "Occupants" }) },
        ],
      }),
    ],
  };
}

/** Reads a submitted form. Throws what the XEP names in 4.2.2. */
export function readSearch(form: DataForm): RoomSearch {
  if (form.type !== "submit" || formType(form) !== CHANNEL_SEARCH_PARAMS) {
    throw new KontorError("bad-request", `Submit a form of ${CHANNEL_SEARCH_PARAMS}`);
  }
  const first = (name: string) => formValues(form, name)?.[0]?.trim();
  const flag = (name: string, usual: boolean) => {
    const value = first(name);
    return value === undefined || value === "" ? usual : value === "true" || value === "1";
  };
  const q = first("q");
  const all = flag("all", false);
  if (q && all)
    throw searchError("conflicting-fields", "All rooms and rooms by words exclude each other", ["all", "q"]);
  if (q === undefined && !all) throw searchError("no-search-conditions", "Say what to search for, or ask for all");
  const key = first("key") || channelOrder.address;
  const order = (["address", "users"] as const).find((each) => channelOrder[each] === key);
  if (!order) throw searchError("invalid-sort-key", "Results are ordered by address or by occupants");
  // The table of the XEP has another name for this field than its examples.
  const address = flag(formValues(form, "sinaddress") ? "sinaddress" : "sinaddr", true);
  const fields = { name: flag("sinname", true), description: flag("sindescription", true), address };
  const terms = all ? [] : termsOf(q ?? "");
  if (!all && terms.length === 0) throw searchError("invalid-search-terms", "Give a word to search for");
  if (terms.length > 0 && !Object.values(fields).includes(true)) {
    throw searchError("conflicting-fields", "Search in something", ["q", "sinname", "sindescription", "sinaddr"]);
  }
  const least = first("min_users") || "0";
  if (!/^\d{1,6}$/.test(least)) throw new KontorError("bad-request", "min_users is a number");
  const types = formValues(form, "types") ?? [SERVICE];
  return { terms, fields, minUsers: Number(least), order, none: types.length > 0 && !types.includes(SERVICE) };
}

/** Words, and several in double quotes as one. */
function termsOf(q: string): string[] {
  if (q.length > MAX_LENGTH) throw searchError("invalid-search-terms", `Search for at most ${MAX_LENGTH} characters`);
  const terms = [...q.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => (quoted ?? word ?? "").trim());
  const found = terms.filter((each) => each !== "");
  if (found.length > MAX_TERMS) throw searchError("invalid-search-terms", `Search for at most ${MAX_TERMS} words`);
  return found;
}

/**
 * A page (XEP-0059) of what is in order already, each by its id. Throws `not-found` for an id that is not in it, which may
 * have gone meanwhile.
 */
export function pageOfFound<T extends { readonly id: string }>(
  found: readonly T[],
  { max = MAX_PAGE, after, before }: ReturnType<typeof rsmRequest.read>,
): {
  readonly items: readonly T[];
  readonly set: { first?: { id: string; index: number }; last?: string; count: number };
} {
  const place = (id: string) => {
    const index = found.findIndex((each) => each.id === id);
    if (index === -1) throw new KontorError("not-found", "That place in the list is gone: search anew");
    return index;
  };
  const size = Math.min(max, MAX_PAGE);
  const until = before === undefined ? undefined : before === "" ? found.length : place(before);
  const from = until === undefined ? (after === undefined ? 0 : place(after) + 1) : Math.max(0, until - size);
  const items = found.slice(from, Math.min(until ?? found.length, from + size));
  const [first, last] = [items[0], items.at(-1)];
  const count = found.length;
  return { items, set: first && last ? { first: { id: first.id, index: from }, last: last.id, count } : { count } };
}
