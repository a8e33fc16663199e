/** Searches in the directory of a tenant over XMPP: what is asked for, and how what was found is said. Pure. */
import { type DataForm, type FormField, formValues } from "../components/xep/xep-0004-data-forms.ts";
import { NS_SEARCH, type peopleSearch, type SearchField, searchFields } from "../components/xep/xep-0055-search.ts";
import { KontorError } from "../platform/errors.ts";

export type SearchLanguage = "de" | "en";
type Query = ReturnType<typeof peopleSearch.read>;

/** People in one answer; it says when there are more. */
export const MAX_FOUND = 50;
/** Below that nearly everybody would be found, and the directory read by the alphabet. */
const MIN_LETTERS = 2;
const MAX_LETTERS = 100;
/** In a list to choose from; beyond it the name of a group is typed. */
const MAX_CHOICES = 100;
/** Not of those that the XEP knows, hence with the prefix of XEP-0068 3.4. */
const GROUP = "x-group";

/** What somebody searches for: all of it must fit. */
export interface Search {
  /** Beginnings of words of the name. */
  readonly words: readonly string[];
  /** Beginning of the local part. */
  readonly nick?: string;
  /** The whole address of mail: whoever guesses finds nobody by parts. */
  readonly email?: string;
  /** Id or name of a group that is shown in rosters. */
  readonly group?: string;
}

export interface FoundPerson {
  readonly localpart: string;
  readonly name: string;
}

const texts = {
  de: {
    title: "Personen suchen",
    instructions: `Mindestens ${MIN_LETTERS} Buchstaben vom Anfang eines Namens, oder eine Gruppe. Alles Angegebene muss zutreffen.`,
    first: "Vorname",
    last: "Nachname",
    nick: "Benutzername",
    email: "E-Mail-Adresse (vollständig)",
    group: "Gruppe",
    address: "Adresse",
    more: `Es gibt mehr als ${MAX_FOUND} Treffer: bitte genauer suchen`,
    found: "Treffer",
  },
  en: {
    title: "Find people",
    instructions: `At least ${MIN_LETTERS} letters from the beginning of a name, or a group. All that is given must fit.`,
    first: "First name",
    last: "Last name",
    nick: "User name",
    email: "E-mail address (whole)",
    group: "Group",
    address: "Address",
    more: `There are more than ${MAX_FOUND} people: please search more closely`,
    found: "People found",
  },
} as const;

/** What can be searched for, with the groups that may be chosen; without groups, nothing is said of them. */
export function searchOffer(
  language: SearchLanguage,
  groups: readonly { readonly id: string; readonly name: string }[],
): Query {
  const text = texts[language];
  const options = groups.map(({ id, name }) => ({ label: name, value: id }));
  const group: FormField[] =
    groups.length === 0
      ? []
      : [
          groups.length > MAX_CHOICES
            ? { var: GROUP, type: "text-single", label: text.group, values: [] }
            : { var: GROUP, type: "list-single", label: text.group, values: [], options },
        ];
  const form: DataForm = {
    type: "form",
    title: text.title,
    instructions: text.instructions,
    fields: [
      { var: "FORM_TYPE", type: "hidden", values: [NS_SEARCH] },
      ...searchFields.map((name) => ({ var: name, type: "text-single", label: text[name], values: [] })),
      ...group,
    ],
  };
  return { instructions: text.instructions, first: "", last: "", nick: "", email: "", form };
}

/** Reads a search. Throws `bad-request` for one that is empty, too short or too long. */
export function readSearch(query: Query): Search {
  const { form } = query;
  if (form && form.type !== "submit") throw new KontorError("bad-request", "Send the form filled in");
  const given = (name: SearchField | typeof GROUP): string => {
    const text = form ? formValues(form, name)?.[0] : name === GROUP ? undefined : query[name];
    return plain(text ?? "");
  };
  const words = [given("first"), given("last")].flatMap((each) => each.split(/\s+/)).filter((each) => each !== "");
  const [nick, email, group] = [given("nick"), given("email"), given(GROUP)];
  const long = [...words, nick].some((each) => [...each].length >= MIN_LETTERS);
  if (!long && email === "" && group === "") {
    throw new KontorError("bad-request", texts.en.instructions);
  }
  return {
    words,
    ...(nick === "" ? {} : { nick }),
    ...(email === "" ? {} : { email }),
    ...(group === "" ? {} : { group }),
  };
}

/** Clients of old put wildcards around: what is begun is found without. */
function plain(text: string): string {
  if ([...text].length > MAX_LETTERS) throw new KontorError("bad-request", `At most ${MAX_LETTERS} characters a field`);
  if (/\p{Cc}/u.test(text)) throw new KontorError("bad-request", "No control characters");
  return text
    .trim()
    .replace(/^[*%]+|[*%]+$/g, "")
    .trim();
}

/** What was found, with one more than is shown when there are more: as a form and with the fields of old. */
export function searchAnswer(language: SearchLanguage, domain: string, found: readonly FoundPerson[]): Query {
  const text = texts[language];
  const people = found.slice(0, MAX_FOUND).map(({ localpart, name }) => {
    const words = name.trim().split(/\s+/);
    const last = words.pop() ?? "";
    return { jid: `${localpart}@${domain}`, first: words.join(" "), last, nick: localpart };
  });
  const column = (name: "first" | "last" | "nick") => ({
    var: name,
    type: "text-single",
    label: text[name],
    values: [],
  });
  const form: DataForm = {
    type: "result",
    title: found.length > MAX_FOUND ? text.more : text.found,
    fields: [{ var: "FORM_TYPE", type: "hidden", values: [NS_SEARCH] }],
    reported: [
      { var: "jid", type: "jid-single", label: text.address, values: [] },
      ...(["first", "last", "nick"] as const).map(column),
    ],
    items: people.map((person) =>
      (["jid", "first", "last", "nick"] as const).map((name) => ({ var: name, values: [person[name]] })),
    ),
  };
  return { items: people, form };
}
