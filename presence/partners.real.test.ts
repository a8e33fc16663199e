/** What people of one tenant see of those of another over REST: only with the consent of both, and by the other's rules. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { device, domainOf, home, type PresenceWorld, partner, presenceWorld } from "../test/support/presence-world.ts";
import { tokenFor } from "../test/support/principal.ts";
import type { Audience, PresenceRules } from "./core-visibility.ts";

let world: PresenceWorld;
const path = `/tenants/${home}/partners/${domainOf(partner)}/presence`;
const readers = {
  stranger: () => world.personal(home, "stranger"),
  contact: () => world.personal(home, "contact"),
  program: () => tokenFor(home, "presence:read"),
  /** Of the partner itself, with a role here: its contacts are not this tenant's. */
  guest: () => ({ ...world.personal(partner, "ada"), may: () => true }),
};
type Reader = keyof typeof readers;
const names = Object.keys(readers) as Reader[];

beforeAll(async () => {
  world = await presenceWorld();
  for (const name of ["stranger", "contact"]) await world.addPerson(home, name);
  for (const name of ["ada", "ben"]) await world.addPerson(partner, name);
  await world.addGroup(partner, "Kollegium", true, "ada", "ben");
  await world.setContacts(home, "contact", `ada@${domainOf(partner)}`, `ben@${domainOf(home)}`);
  await world.hear(partner);
  await world.show(partner, "ada", { devices: [{ ...device, show: "dnd" }], meetingSince: null });
});
afterAll(() => world.close());

const ask = (reader: Reader, query = "?localparts=ada,ben,nobody") =>
  world.ask(readers[reader](), "get", `${path}${query}`);
const found = async (reader: Reader, query?: string) =>
  (await ask(reader, query).expect(200)).body.people.map(({ localpart }: { localpart: string }) => localpart);

describe("each rule for each reader", () => {
  test.each<[Partial<PresenceRules>, Audience | null, Reader[]]>([
    [{ partners: "everyone" }, null, names],
    [{}, null, ["contact"]],
    [{ within: "nobody" }, null, ["contact"]],
    [{ partners: "everyone" }, "contacts", ["contact"]],
    [{ partners: "everyone" }, "groups", []],
    [{ partners: "everyone" }, "nobody", []],
    [{ partners: "contacts" }, "everyone", ["contact"]],
  ])("%o, own %s", async (rules, audience, allowed) => {
    await world.setRules(partner, rules);
    await world.setOwn(partner, "ada", { audience });
    for (const reader of names) {
      const seen = (await found(reader)).includes("ada");
      const searched = (await found(reader, "?text=PERSON")).includes("ada");
      expect([reader, seen, searched]).toEqual([reader, allowed.includes(reader), allowed.includes(reader)]);
    }
  });

  test("what is shown of who may be seen, without the partner's groups", async () => {
    await world.setRules(partner, { partners: "everyone" });
    await world.setOwn(partner, "ada", {});
    const { body } = await ask("stranger", "?localparts=ada").expect(200);
    expect(body).toMatchObject({ since: expect.any(String), more: false, people: [{ show: "dnd", available: true }] });
    expect(body.people[0]).not.toHaveProperty("groups");
  });

  test("nobody: refused, whoever is asked for", async () => {
    await world.setRules(partner, { partners: "nobody" });
    for (const reader of names) expect((await ask(reader)).status).toBe(403);
    expect((await ask("contact", "?localparts=nobody")).status).toBe(403);
    await world.setRules(partner, { partners: "everyone" });
  });
});

test("who may not be seen is as who is not there, byte by byte", async () => {
  await world.setOwn(partner, "ada", { audience: "nobody" });
  const texts = ["?localparts=ada", "?localparts=nobody", "?text=ada"].map(
    async (query) => (await ask("stranger", query)).text,
  );
  expect(new Set(await Promise.all(texts)).size).toBe(1);
  await world.setOwn(partner, "ada", {});
});

test("only the whole names or a part of them: nobody lists all people of a partner", async () => {
  for (const query of ["", "?text=a", "?text=", "?localparts="])
    expect((await ask("stranger", query)).status).toBe(400);
});

test("many: as many as an answer holds, and that there are more", async () => {
  await world.query(sql`insert into person (tenant_id, id, localpart, name, created_at)
    select ${partner}, gen_random_uuid(), 'many-' || n, 'Many ' || n, now() from generate_series(1000, 1120) n`);
  const { body } = await ask("stranger", "?text=many-").expect(200);
  expect([body.people.length, body.more]).toEqual([100, true]);
  expect((await ask("stranger", "?text=many-100").expect(200)).body).toMatchObject({ more: false });
});

test("without the consent of both it is as if it were not there", async () => {
  const status = async (domain = domainOf(partner)) =>
    (await world.ask(readers.stranger(), "get", `/tenants/${home}/partners/${domain}/presence?localparts=ada`)).status;
  expect([await status(), await status("nobody.example"), await status(domainOf(home))]).toEqual([200, 404, 404]);
  for (const [own, other] of [
    [home, partner],
    [partner, home],
  ] as const) {
    await world.query(sql`update tenant set partners = '{}' where id = ${own}`);
    expect(await status()).toBe(404);
    await world.query(sql`update tenant set partners = ${[domainOf(other)]} where id = ${own}`);
    expect(await status()).toBe(200);
  }
  await world.query(sql`update tenant set status = 'suspended' where id = ${partner}`);
  expect(await status()).toBe(404);
  await world.query(sql`update tenant set status = 'active' where id = ${partner}`);
  // Of the partner's own door they see nothing, as ever.
  await world.ask(readers.stranger(), "get", `/tenants/${partner}/presence`).expect(404);
});
