/**
 * Dialogue scripts: stanzas that two or three clients exchange with the real server.
 *
 *   # a comment
 *   person ingrid 0 0            the first person of the first demo tenant
 *   ingrid connects
 *   ingrid sends
 *     <presence to="{room}/Ingrid"><x xmlns="http://jabber.org/protocol/muc"/></presence>
 *   ingrid receives
 *     <presence from="{room}/Ingrid"/>
 *   ingrid receives nothing like
 *     <message/>
 *   ingrid disconnects
 *
 * `{room}` is a new room of the first tenant, `{room.local}` its name, `{ingrid}` a full and `{ingrid.bare}` a bare
 * address. What is expected may be less than what comes: attributes and children it names must be there. An attribute
 * `*` may be anything, `{$name}` anything that is remembered as `{name}`.
 */
export interface Step {
  readonly line: number;
  readonly person: string;
  readonly action: "connects" | "disconnects" | "sends" | "receives" | "receives nothing like";
  readonly xml: string;
}

export interface Script {
  readonly title: string;
  /** Why this dialogue is for the rooms of Kontor alone, by a comment `# only here: why`. */
  readonly onlyHere: string | undefined;
  readonly people: ReadonlyMap<string, { readonly tenant: number; readonly index: number }>;
  readonly steps: readonly Step[];
}

const PERSON = /^person (\w+) (\d+) (\d+)$/;
const ACTION = /^(\w+) (connects|disconnects|sends|receives nothing like|receives)$/;

/** Parses a script; throws with the line of what it cannot read. The first comment is the title. */
export function parseScript(text: string): Script {
  const people = new Map<string, { tenant: number; index: number }>();
  const steps: { line: number; person: string; action: Step["action"]; xml: string }[] = [];
  let title = "";
  let onlyHere: string | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed === "") continue;
    if (trimmed.startsWith("#")) {
      title ||= trimmed.slice(1).trim();
      onlyHere ??= /^# only here: (\S.*)$/.exec(trimmed)?.[1];
      continue;
    }
    const last = steps.at(-1);
    if (/^\s/.test(line) && last) {
      last.xml += `${trimmed}\n`;
      continue;
    }
    const person = PERSON.exec(trimmed);
    const action = ACTION.exec(trimmed);
    if (person?.[1]) people.set(person[1], { tenant: Number(person[2]), index: Number(person[3]) });
    else if (action?.[1] && people.has(action[1])) {
      const verb = actions.find((each) => each === action[2]);
      if (verb) steps.push({ line: index + 1, person: action[1], action: verb, xml: "" });
    } else throw new Error(`line ${index + 1}: '${trimmed}' is no step of a dialogue`);
  }
  return { title, onlyHere, people, steps };
}

const actions = ["connects", "disconnects", "sends", "receives", "receives nothing like"] as const;
