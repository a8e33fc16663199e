/** slixmpp, a library written by others, as the client: what it understands by itself is what any client understands. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "@jest/globals";
import { pythonWith } from "../support/python.ts";
import { realStack } from "../support/real.ts";

const run = promisify(execFile);
const program = fileURLToPath(new URL("./scenarios.py", import.meta.url));
/** The scenario ends by itself after 60 s. */
const WAIT_MS = 75_000;
let python = "";

beforeAll(async () => {
  python = await pythonWith("slixmpp", new URL("./requirements.txt", import.meta.url));
}, 180_000);

/** Plays a scenario with two people of the first tenant in a room of its own and gives what they found. */
async function play(scenario: string): Promise<unknown> {
  const { demo, home } = realStack();
  const tenant = demo.tenants[0];
  const people = [tenant?.people[0], tenant?.people[3]];
  const room = `slixmpp-${scenario}-${randomUUID().slice(0, 8)}@${tenant?.rooms}`;
  const certificate = join(home, "certificate", "local.crt");
  const asked = { scenario, ...demo.xmpp, people, room, certificate };
  const playing = run(python, [program], { timeout: WAIT_MS, env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } });
  playing.child.stdin?.end(JSON.stringify(asked));
  return JSON.parse((await playing).stdout);
}

const scenarios = {
  rooms: {
    made: [110, 170, 201],
    occupants: ["Ada", "Bert"],
    conflict: "conflict",
    nick: "Bertram",
    from: "Ada",
    ids: [true, true],
    private: ["chat", "Bertram"],
    subject: "Ada",
    left: "none",
  },
  lists: {
    voice: "visitor",
    members: [true],
    participants: ["Bert"],
    "kick of the owner": "forbidden",
    kicked: [307],
    banned: "outcast",
    outcast: "forbidden",
    outcasts: [true],
    again: [110, 170],
  },
  configuration: {
    "form of others": "forbidden",
    fields: [true, true],
    name: ["Sitzungssaal"],
    features: ["muc_passwordprotected", "muc_persistent"],
    without: "not-authorized",
    with: [110, 170],
    alternate: true,
  },
  archive: {
    forwards: true,
    ids: 25,
    before: ["Nachricht 5", "Nachricht 6", "Nachricht 7", "Nachricht 8", "Nachricht 9"],
  },
  changes: { corrects: true, retracts: true, archived: ["retracted", "retracted", "retract"] },
  moderation: { participant: "forbidden", announced: [true, true], "gone from the archive": true },
  queries: {
    all: 10,
    ends: [true, true, true],
    fields: ["after-id", "before-id", "end", "ids", "start", "with", "withtext", "{urn:xmpp:fulltext:0}fulltext"],
    between: true,
    complete: "true",
    some: true,
    turned: true,
    "its ends": [true, true, "10"],
    found: ["Nachricht 3", "Nachricht 6"],
    hers: 5,
    "unknown id": "item-not-found",
    "unknown among ids": "item-not-found",
  },
  occupants: {
    offered: true,
    said: true,
    renamed: true,
    again: true,
    archived: true,
    elsewhere: true,
    others: 2,
    forged: true,
  },
  moderated: {
    reason: "Werbung",
    stone: [true, "Werbung", true],
    found: 0,
    twice: "gone",
    unknown: "item-not-found",
  },
  commands: {
    offered: ["affiliation", "ban", "clear-subject", "destroy", "kick", "role"],
    "to others": 0,
    form: ["executing", ["nick", "reason"]],
    kicked: ["completed", "Pause"],
    refused: "forbidden",
    made: "completed",
    "its owner": "owner",
    listed: [true],
    destroyed: ["completed", "Ende"],
  },
  search: {
    "first page": [true, "3"],
    "second page": true,
    "most people first": true,
    "no condition": "no-search-conditions",
    "no such order": "invalid-sort-key",
    "too much": "conflicting-fields",
  },
} as const;

test.each(Object.entries(scenarios))(
  "%s",
  async (scenario, facts) => {
    expect(await play(scenario)).toEqual(facts);
  },
  WAIT_MS + 5_000,
);
