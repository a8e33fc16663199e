/** A tenant that is suspended is out of service everywhere, not at the XMPP server alone. */
import { afterAll, afterEach, expect, it } from "@jest/globals";
import { z } from "zod";
import { ensureRoom } from "../messaging/index.ts";
import { newId } from "../platform/ids.ts";
import { type OwnTenant, ownTenant } from "./support/own-tenant.ts";
import { eventually, openTestDatabase, realStack } from "./support/real.ts";

const { demo, settings } = realStack();
const db = openTestDatabase();
let tenant: OwnTenant;

afterEach(() => tenant.close());
afterAll(() => db.close());

const links = z.object({ links: z.array(z.object({ network: z.string(), place: z.string(), state: z.string() })) });
const linksOf = async (body: Promise<{ readonly body: unknown }>) => links.parse((await body).body).links;

it("its links leave the far side and come back with it", async () => {
  tenant = await ownTenant("suspended-links");
  const { http, token } = demo;
  const of = await fetch(`${http}/api/v1/tenants/${demo.tenants[0]?.id}/links`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  const [irc] = links.parse(await of.json()).links.filter(({ place }) => place.includes("@127.0.0.1:"));
  const port = Number(irc?.place.split(":").at(-1));
  await ensureRoom(db, tenant.id, "flur", newId, new Date());
  const config = { host: "127.0.0.1", port, tls: false, channel: `#${tenant.id}`.slice(0, 30), nick: "bote" };
  expect(await tenant.ask("POST", "/links", { room: "flur", network: "irc", config })).toMatchObject({ status: 201 });
  const becomes = (state: string) =>
    eventually(async () => {
      const [link] = await linksOf(tenant.ask("GET", "/links"));
      return link?.state === state ? link : undefined;
    }, `the link becomes ${state}`);
  await becomes("online");
  await tenant.step("suspend");
  await becomes("waiting");
  await tenant.step("resume");
  await becomes("online");
});

it("the chat page offers it no more", async () => {
  tenant = await ownTenant("suspended-chat");
  const chat = `${settings.http.publicUrl}/chat`;
  const offered = async () => {
    const page = await fetch(`${chat}?tenant=${tenant.id}`);
    const list = await (await fetch(`${chat}?choose`)).text();
    return { status: page.status, listed: list.includes(tenant.id) };
  };
  const becomes = (status: number, listed: boolean) =>
    eventually(
      async () => {
        const now = await offered();
        return now.status === status && now.listed === listed ? true : undefined;
      },
      `the chat page answers ${status}`,
      15_000,
    );
  await becomes(200, true);
  await tenant.step("suspend");
  await becomes(404, false);
});
