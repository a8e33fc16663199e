/** Searches take turns: two at once, so that what is read by pages beside them finds a connection. */
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import express from "express";
import request from "supertest";
import { type Element, x } from "../components/stanza.ts";
import { NS_DATA_FORMS } from "../components/xep/xep-0004-data-forms.ts";
import { NS_RSM } from "../components/xep/xep-0059-result-set.ts";
import { NS_FULL_TEXT, NS_MAM } from "../components/xep/xep-0313-archive.ts";
import { apiRouter, type Principal, problemHandler } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { tokenFor } from "../test/support/principal.ts";
import { eventually, openTestDatabase, realStack, silentLog } from "../test/support/real.ts";
import { type ScratchArchive, scratchArchive } from "../test/support/scratch-archive.ts";
import { archiveRoutes } from "./archive.ts";
import { personalRoutes } from "./personal/http.ts";
import { emptyRoom } from "./testkit.ts";

const AT_ONCE = 2;
let db: Database;
let personal: ScratchArchive;

beforeAll(async () => {
  db = openTestDatabase();
  personal = await scratchArchive();
});
afterAll(async () => {
  await personal?.drop();
  await db?.close();
});

/** What a test that failed has left waiting would keep it from ending. */
let release: () => void = () => undefined;
afterEach(() => release());

/** A database whose first transactions, as many as may search at once, do not begin before `open`. */
function holding(real: Database) {
  let begun = 0;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
    release = resolve;
  });
  const begin = async () => {
    begun += 1;
    if (begun <= AT_ONCE) await opened;
  };
  const database: Database = {
    ...real,
    withTenants: (tenants, work) => begin().then(() => real.withTenants(tenants, work)),
    // A page without words is one call.
    call: (name, tenants, ...args) => begin().then(() => real.call(name, tenants, ...args)),
  };
  return { database, open, begun: () => begun };
}

test("in the archive of a room", async () => {
  const room = emptyRoom();
  const { database, open, begun } = holding(db);
  const routes = archiveRoutes(
    { tenant: { id: "nobody", domain: "example.org", partners: [] }, sendMany: () => true },
    { inRoom: (_name, work) => work(room) },
    { archive: database, clock: Date.now },
  );
  const route = routes.find(({ type, name }) => type === "set" && name === "query");
  const to = { local: room.name, domain: "rooms.example.org", resource: "" };
  const ask = async (who: string, ...asked: Element[]): Promise<Element | undefined> => {
    const query = x("query", { xmlns: NS_MAM }, ...asked, x("set", { xmlns: NS_RSM }));
    const from = { local: who, domain: "example.org", resource: "1" };
    return route?.handle({ stanza: x("iq", {}, query), from, to }, query);
  };
  const field = (name: string, value: string) => x("field", { var: name }, x("value", {}, value));
  const words = () =>
    x(
      "x",
      { xmlns: NS_DATA_FORMS, type: "submit" },
      field("FORM_TYPE", NS_MAM),
      field(`{${NS_FULL_TEXT}}fulltext`, "Haus"),
    );
  const searches = ["anna", "bert", "carl"].map((who) => ask(who, words()));
  expect((await ask("dora"))?.name).toBe("fin");
  expect(begun()).toBe(AT_ONCE + 1);
  open();
  expect((await Promise.all(searches)).map((answer) => answer?.name)).toEqual(["fin", "fin", "fin"]);
  expect(begun()).toBe(AT_ONCE + 2);
});

test("in people's own messages", async () => {
  const tenant = realStack().demo.tenants[0]?.id ?? "";
  const { database, open, begun } = holding(personal.archive);
  const person = (localpart: string): Principal => ({
    ...tokenFor(null, "own:read"),
    ...{ id: localpart, person: { tenant, id: localpart, localpart } },
  });
  const routes = personalRoutes({ db, archive: database, clock: Date.now, newId });
  const app = express()
    .use(apiRouter(routes, async (asked) => person(asked.get("X-Who") ?? "")))
    .use(problemHandler(silentLog));
  const get = (who: string, path: string) => request(app).get(path).set("X-Who", who).expect(200);
  const searches = ["anna", "bert", "carl"].map((who) => get(who, "/own/messages?text=Haus").then(({ body }) => body));
  await eventually(async () => begun() === AT_ONCE || undefined, "two search");
  const pages = 3;
  for (let page = 1; page <= pages; page += 1) {
    await get("dora", "/own/conversations");
    expect(begun()).toBe(AT_ONCE + page);
  }
  open();
  expect(await Promise.all(searches)).toEqual(searches.map(() => ({ items: [], next: null })));
  expect(begun()).toBe(AT_ONCE + pages + 1);
});
