/** Ad-hoc commands (XEP-0050) as a machine: who is at which form of which command. Knows nothing of rooms. Pure but for its memory. */
import { parseJid } from "../components/jid.ts";
import { type DataForm, type FormField, formValues } from "../components/xep/xep-0004-data-forms.ts";
import { type CommandAction, commandError } from "../components/xep/xep-0050-commands.ts";
import type { NewId } from "../platform/ids.ts";

/** What was filled in so far, by field. */
export type Answers = ReadonlyMap<string, readonly string[]>;

export interface Outcome {
  readonly note?: string;
  readonly form?: DataForm;
}

/** A command as somebody may execute it now. */
export interface Command {
  readonly node: string;
  readonly name: string;
  readonly allowed: boolean;
  /** The forms, one after the other: what is in one may depend on what was answered before. */
  readonly stages: readonly ((given: Answers) => readonly FormField[])[];
  /** Does it. What it throws is the error of the iq, and the last form may be sent again. */
  readonly run: (given: Answers) => Promise<Outcome>;
}

export interface CommandRequest {
  /** Full address of who asks, and the address that was asked. */
  readonly from: string;
  readonly to: string;
  readonly action: CommandAction;
  readonly sessionId: string | undefined;
  readonly form: DataForm | undefined;
}

type Stepping = "prev" | "next" | "complete";

export type Step =
  | {
      readonly do: "ask";
      readonly sessionId: string;
      readonly fields: readonly FormField[];
      readonly actions: { readonly execute: Stepping; readonly allowed: Stepping[] };
    }
  /** Call `failed` when it could not be done: then the session goes on where it was. */
  | { readonly do: "run"; readonly sessionId: string; readonly given: Answers; readonly failed: () => void }
  | { readonly do: "cancel"; readonly sessionId: string };

interface Session extends Pick<CommandRequest, "from" | "to"> {
  readonly node: string;
  readonly given: Map<string, readonly string[]>;
  stage: number;
  until: number;
  /** Completed or cancelled: known still, so that whoever comes again is told so. */
  over: boolean;
}

const LASTS_MS = 10 * 60_000;
/** Of one tenant, and of one address; the oldest make room. */
const MAX_SESSIONS = 1_000;
const MAX_OF_ONE = 10;
const MAX_VALUES = 100;
const MAX_LENGTH = 2_000;

export interface CommandSessions {
  /**
   * The next step of a command. Throws the conditions of 4.4: `bad-action`, `bad-payload`, `bad-sessionid`,
   * `session-expired`.
   */
  step(command: Command, request: CommandRequest, now: number): Step;
}

export function commandSessions(newId: NewId): CommandSessions {
  const sessions = new Map<string, Session>();

  const begin = (command: Command, { from, to, action }: CommandRequest, now: number): [string, Session] => {
    if (action !== "execute") throw commandError("bad-action", "Execute the command first");
    const mine = [...sessions].filter(([, each]) => each.from === from);
    const surplus = mine.slice(0, Math.max(0, mine.length - MAX_OF_ONE + 1)).map(([id]) => id);
    const [oldest] = sessions.keys();
    if (sessions.size >= MAX_SESSIONS && oldest !== undefined) surplus.push(oldest);
    for (const id of surplus) sessions.delete(id);
    const id = newId();
    const session = { from, to, node: command.node, given: new Map(), stage: 0, until: now + LASTS_MS, over: false };
    sessions.set(id, session);
    return [id, session];
  };

  const find = (command: Command, { from, to }: CommandRequest, id: string, now: number): Session => {
    const session = sessions.get(id);
    if (!session || session.from !== from || session.to !== to || session.node !== command.node) {
      throw commandError("bad-sessionid", "There is no such session: execute the command anew");
    }
    if (session.over || session.until <= now) {
      throw commandError("session-expired", "The session is over: execute the command anew");
    }
    session.until = now + LASTS_MS;
    return session;
  };

  const ask = (command: Command, id: string, session: Session): Step => {
    const isLast = session.stage >= command.stages.length - 1;
    const forward = isLast ? "complete" : "next";
    const fields = fieldsAt(command, session);
    return {
      do: "ask",
      sessionId: id,
      fields,
      actions: { execute: forward, allowed: session.stage > 0 ? ["prev", forward] : [forward] },
    };
  };

  const run = (id: string, session: Session): Step => {
    session.over = true;
    const failed = () => {
      session.over = false;
    };
    return { do: "run", sessionId: id, given: session.given, failed };
  };

  return {
    step: (command, request, now) => {
      if (request.sessionId === undefined) {
        const [id, session] = begin(command, request, now);
        return command.stages.length === 0 ? run(id, session) : ask(command, id, session);
      }
      const id = request.sessionId;
      const session = find(command, request, id, now);
      const { action, form } = request;
      if (action === "cancel" || form?.type === "cancel") {
        session.over = true;
        return { do: "cancel", sessionId: id };
      }
      const isLast = session.stage >= command.stages.length - 1;
      if (action === "prev" ? session.stage === 0 : action === (isLast ? "next" : "complete")) {
        throw commandError("bad-action", `'${action}' is not possible at this form`);
      }
      if (action === "prev") {
        session.stage -= 1;
        return ask(command, id, session);
      }
      for (const [name, values] of checkedAnswers(fieldsAt(command, session), form)) session.given.set(name, values);
      if (isLast) return run(id, session);
      session.stage += 1;
      return ask(command, id, session);
    },
  };
}

/** The fields of the form that a session is at, filled in with what was answered before. */
const fieldsAt = ({ stages }: Command, { stage, given }: Session): readonly FormField[] =>
  (stages[stage]?.(given) ?? []).map((field) => filledIn(field, given));

const filledIn = (field: FormField, given: Answers): FormField => {
  const values = field.var === undefined ? undefined : given.get(field.var);
  return values ? { ...field, values: [...values] } : field;
};

/** What a submitted form says to these fields; a field that it leaves out keeps its value. Throws `bad-payload`. */
export function checkedAnswers(fields: readonly FormField[], form: DataForm | undefined): [string, string[]][] {
  if (form?.type !== "submit") throw commandError("bad-payload", "Submit the form that was asked for");
  return fields.flatMap((field): [string, string[]][] => {
    const { var: name, type } = field;
    if (name === undefined || type === "hidden" || type === "fixed") return [];
    const values = (formValues(form, name) ?? field.values).map((each) => each.trim());
    return [[name, checkedValues(field, name, type === "text-multi" ? values : values.filter((each) => each !== ""))]];
  });
}

function checkedValues({ type, required, options }: FormField, name: string, values: string[]): string[] {
  const refuse = (why: string): never => {
    throw commandError("bad-payload", `${name}: ${why}`);
  };
  if (values.length > MAX_VALUES || values.some((each) => each.length > MAX_LENGTH)) refuse("is too long");
  if (required && values.join("") === "") refuse("is missing");
  if (values.length > 1 && !type?.endsWith("-multi")) refuse("takes one value");
  if (options && values.some((each) => options.every(({ value }) => value !== each))) refuse("is none of the options");
  if (type === "boolean") return values.map((each) => (["1", "true"].includes(each) ? "1" : "0"));
  if (type !== "jid-single") return values;
  return values.map((each) => {
    const jid = parseJid(each);
    if (jid?.resource !== "") return refuse("is no address");
    return jid.local === "" ? jid.domain : `${jid.local}@${jid.domain}`;
  });
}

/** The value of a field that has one, or undefined when it is empty. */
export const answer = (given: Answers, name: string): string | undefined => given.get(name)?.[0];
