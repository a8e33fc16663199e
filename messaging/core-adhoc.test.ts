import { expect, test } from "@jest/globals";
import { SpecificError } from "../components/specific-error.ts";
import type { DataForm, FormField } from "../components/xep/xep-0004-data-forms.ts";
import { type Command, type CommandRequest, checkedAnswers, commandSessions } from "./core-adhoc.ts";

const name: FormField = { var: "name", type: "text-single", required: true, values: [] };
const reason: FormField = { var: "reason", type: "text-single", values: ["ohne"] };
const command: Command = {
  node: "urn:example#two",
  name: "Two",
  allowed: true,
  stages: [() => [name], (given) => [{ ...reason, label: given.get("name")?.[0] }]],
  run: async () => ({}),
};
const submit = (values: Readonly<Record<string, string[]>>): DataForm => ({
  type: "submit",
  fields: Object.entries(values).map(([field, each]) => ({ var: field, values: each })),
});
const ask = (more: Partial<CommandRequest> = {}): CommandRequest => ({
  from: "anna@example.org/a",
  to: "rooms.example.org",
  action: "execute",
  sessionId: undefined,
  form: undefined,
  ...more,
});
const machine = () => {
  let ids = 0;
  return commandSessions(() => {
    ids += 1;
    return `s${ids}`;
  });
};
const conditionOf = (work: () => unknown): string => {
  try {
    work();
    return "none";
  } catch (error) {
    return error instanceof SpecificError ? error.condition.name : String(error);
  }
};

test("the forms come one after the other, and what was answered is known later", () => {
  const sessions = machine();
  expect(sessions.step(command, ask(), 0)).toMatchObject({ do: "ask", actions: { allowed: ["next"] } });
  const second = sessions.step(command, ask({ sessionId: "s1", action: "next", form: submit({ name: ["Lage"] }) }), 1);
  expect(second).toMatchObject({
    fields: [{ label: "Lage" }],
    actions: { execute: "complete", allowed: ["prev", "complete"] },
  });
  const back = sessions.step(command, ask({ sessionId: "s1", action: "prev" }), 2);
  expect(back).toMatchObject({ fields: [{ var: "name", values: ["Lage"] }] });
  sessions.step(command, ask({ sessionId: "s1", form: submit({}) }), 3);
  const last = sessions.step(command, ask({ sessionId: "s1", action: "complete", form: submit({}) }), 4);
  expect(last.do === "run" && Object.fromEntries(last.given)).toEqual({ name: ["Lage"], reason: ["ohne"] });
});

test("what could not be done may be sent again, what was done may not", () => {
  const sessions = machine();
  const one: Command = { ...command, stages: [() => [name]] };
  sessions.step(one, ask(), 0);
  const again = ask({ sessionId: "s1", form: submit({ name: ["Lage"] }) });
  const step = sessions.step(one, again, 1);
  expect(conditionOf(() => sessions.step(one, again, 2))).toBe("session-expired");
  if (step.do === "run") step.failed();
  expect(sessions.step(one, again, 3).do).toBe("run");
});

test.each<[string, Partial<CommandRequest>, number]>([
  ["bad-action", { action: "complete" }, 1],
  ["bad-action", { action: "prev" }, 1],
  ["bad-payload", {}, 1],
  ["bad-payload", { form: submit({ name: [" "] }) }, 1],
  ["bad-payload", { form: { ...submit({ name: ["Lage"] }), type: "result" } }, 1],
  ["bad-sessionid", { sessionId: "s2" }, 1],
  ["bad-sessionid", { from: "bert@example.org/b" }, 1],
  ["bad-sessionid", { to: "lage@rooms.example.org" }, 1],
  ["session-expired", {}, 600_000],
])("%s", (condition, request, now) => {
  const sessions = machine();
  sessions.step(command, ask(), 0);
  expect(conditionOf(() => sessions.step(command, ask({ sessionId: "s1", ...request }), now))).toBe(condition);
});

test("cancelled is over, and so is a cancelled form", () => {
  const sessions = machine();
  sessions.step(command, ask(), 0);
  expect(sessions.step(command, ask({ sessionId: "s1", form: { type: "cancel", fields: [] } }), 1).do).toBe("cancel");
  expect(conditionOf(() => sessions.step(command, ask({ sessionId: "s1", action: "cancel" }), 2))).toBe(
    "session-expired",
  );
  expect(conditionOf(() => sessions.step(command, ask({ action: "cancel" }), 3))).toBe("bad-action");
});

test("a session is of the command that it was begun for", () => {
  const sessions = machine();
  sessions.step(command, ask(), 0);
  const other: Command = { ...command, node: `${command.node}-other` };
  expect(conditionOf(() => sessions.step(other, ask({ sessionId: "s1" }), 1))).toBe("bad-sessionid");
});

test("one person has ten sessions at most: the oldest makes room", () => {
  const sessions = machine();
  for (let n = 0; n < 11; n += 1) sessions.step(command, ask(), n);
  const next = (sessionId: string) => () =>
    sessions.step(command, ask({ sessionId, form: submit({ name: ["x"] }) }), 20);
  expect(conditionOf(next("s1"))).toBe("bad-sessionid");
  expect(conditionOf(next("s2"))).toBe("none");
});

test.each<[string, FormField, string[], string[] | string]>([
  [
    "an address is normalised",
    { var: "v", type: "jid-single", values: [] },
    ["Anna@Example.org"],
    ["anna@example.org"],
  ],
  ["a full address is none", { var: "v", type: "jid-single", values: [] }, ["anna@example.org/a"], "bad-payload"],
  ["an option", { var: "v", type: "list-single", values: [], options: [{ value: "a" }] }, ["a"], ["a"]],
  ["no option", { var: "v", type: "list-single", values: [], options: [{ value: "a" }] }, ["b"], "bad-payload"],
  ["true", { var: "v", type: "boolean", values: [] }, ["true"], ["1"]],
  ["two values", { var: "v", type: "text-single", values: [] }, ["a", "b"], "bad-payload"],
  ["empty lines stay in a text", { var: "v", type: "text-multi", values: [] }, ["a", "", "b"], ["a", "", "b"]],
  ["too long", { var: "v", type: "text-single", values: [] }, ["a".repeat(2_001)], "bad-payload"],
])("%s", (_what, field, values, expected) => {
  if (typeof expected === "string") {
    expect(conditionOf(() => checkedAnswers([field], submit({ v: values })))).toBe(expected);
  } else expect(checkedAnswers([field], submit({ v: values }))).toEqual([["v", expected]]);
});
