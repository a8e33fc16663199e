/** Dialogues and tour beside ejabberd: what differs is the server's own, is listed and explained, and nothing else differs. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { repository } from "../../cli/stack/home.ts";
import { type Cast, steps } from "../../cli/tour/steps.ts";
import { openWorld as openTour, type World as TourWorld } from "../../cli/tour/world.ts";
import { type Element, x } from "../../components/stanza.ts";
import { NS_MAM } from "../../components/xep/xep-0313-archive.ts";
import { loadSettings, readIfThere } from "../../config/settings.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { readKept } from "../../presence/rosters-kept.ts";
import { nameOf, readDifferences } from "../dialogues/differences.ts";
import { play, readScript, scripts } from "../dialogues/player.ts";
import type { Step } from "../dialogues/script.ts";
import { openWorld, type World } from "../faults/world.ts";
import { eventually, signInAs, silentLog } from "../support/real.ts";

const listed = readDifferences(new URL("../../docs/ejabberd.md", import.meta.url));
/** Tests of the running service that also hold beside this server: tenants, accounts and what people wrote. */
const alsoHere = [
  "test/tenants",
  "test/suspended-tenant",
  "identity/people",
  "identity/session",
  "test/personal-archive",
];
let world: World;

beforeAll(async () => {
  world = await openWorld({ server: "ejabberd" });
}, 240_000);
afterAll(() => world?.close(), 60_000);

test("the list names no dialogue that is not there", () => {
  expect([...listed.keys()].filter((file) => !scripts.includes(file))).toEqual([]);
});

describe("the tour", () => {
  let tour: TourWorld;
  let cast: Cast;
  beforeAll(() => {
    tour = openTour(world.stack.demo);
    const { adminUrl, url } = loadSettings(world.stack.env, readIfThere).database;
    cast = { db: openDatabase({ url: adminUrl ?? url, poolSize: 2 }, silentLog) };
  });
  afterAll(async () => {
    await tour?.close();
    await cast?.db.close();
  });
  test.each(steps.map((step) => [step.title, step] as const))("%s", (_title, step) => step.run(tour, cast), 60_000);
});

describe.each(scripts)("%s", (file) => {
  test("differs where the list says so, and only there", async () => {
    const found: string[] = [];
    const onDifference = (step: Step) => void found.push(nameOf(step));
    await play(readScript(file), file, { demo: world.stack.demo, onDifference });
    expect(found).toEqual(listed.get(file) ?? []);
  }, 120_000);
});

test("that rosters keep to the rules of visibility is known to the other doors", async () => {
  const redis = openRedis(loadSettings(world.stack.env, readIfThere).redis.url, silentLog);
  try {
    await redisReady(redis, 5_000);
    const tenant = world.stack.demo.tenants[0]?.id ?? "";
    const kept = await eventually(
      async () => (await readKept(redis, tenant)) ?? undefined,
      "what the server can",
      60_000,
    );
    expect(kept).toBe(true);
  } finally {
    redis.disconnect();
  }
});

test("a search by words in one's own archive is refused before the server can fail at it, and not offered", async () => {
  const client = await signInAs(world.stack.demo, 0, 2);
  try {
    const query = (...children: Element[]) => x("query", { xmlns: NS_MAM }, ...children);
    const form = await client.iq(x("iq", { type: "get" }, query()));
    expect(form.toString()).toContain('var="start"');
    expect(form.toString()).not.toContain("withtext");
    const words = x("field", { var: "withtext" }, x("value", {}, "Haus"));
    const type = x("field", { var: "FORM_TYPE", type: "hidden" }, x("value", {}, NS_MAM));
    const submitted = x("x", { xmlns: "jabber:x:data", type: "submit" }, type, words);
    const old = x("query", { xmlns: "urn:xmpp:mam:tmp" }, x("withtext", {}, "Haus"));
    for (const [kind, asked] of [
      ["set", query(submitted)],
      ["get", old],
    ] as const) {
      const answer = await client.iq(x("iq", { type: kind }, asked));
      expect(answer.getChild("error")?.getChild("feature-not-implemented")).toBeDefined();
    }
  } finally {
    await client.stop();
  }
});

test.each(alsoHere)(
  "%s holds as beside Prosody",
  async (file) => {
    const jest = ["--experimental-vm-modules", "--no-warnings", `${repository}node_modules/jest/bin/jest.js`];
    const { TEST_COUNTS_FILE: _counts, ...env } = process.env;
    // Rejects with what the tests say when one fails.
    await promisify(execFile)(process.execPath, [...jest, "--config", "jest.real.config.js", `${file}.real.test.ts`], {
      cwd: repository,
      env: { ...env, KONTOR_HOME: world.stack.home.folder, KONTOR_PORT_BASE: String(world.stack.home.portBase) },
    });
  },
  180_000,
);
