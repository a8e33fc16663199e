/** Roles in the tenant that people wear as hats in its rooms, where its rules say so. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { sql, type Transaction } from "kysely";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, x } from "../components/stanza.ts";
import { hats } from "../components/xep/xep-0317-hats.ts";
import { accessChanged } from "../identity/access-events.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { wake } from "../platform/wake.ts";
import { realStack, silentLog } from "../test/support/real.ts";
import { type RoomsApi, roomsApi } from "../test/support/rooms-api.ts";

const redis = openRedis(realStack().settings.redis.url, silentLog);
const person = newId();
let api: RoomsApi;
let ada: XmppClient;
let ben: XmppClient;
beforeAll(async () => {
  await redisReady(redis, 5_000);
  api = await roomsApi("hats", "rooms:read", "rooms:change");
  [ada, ben] = [await api.tenant.person("ada"), await api.tenant.person("ben")];
  await inTenant((trx) =>
    sql`insert into person (tenant_id, id, localpart, name, created_at)
      values (${api.tenant.id}, ${person}, 'ada', 'Ada', now())`.execute(trx),
  );
}, 60_000);
afterAll(async () => {
  await api.close();
  redis.disconnect();
});

const inTenant = (work: (trx: Transaction<unknown>) => Promise<unknown>) => api.db.withTenants([api.tenant.id], work);
const tell = () => wake(redis, accessChanged, { tenant: api.tenant.id, person }, silentLog);
const grant = async (role: string) => {
  await inTenant((trx) =>
    sql`insert into role_grant (tenant_id, person_id, role, scope, granted_by, created_at)
      values (${api.tenant.id}, ${person}, ${role}, ${api.tenant.id}, 'test', now())`.execute(trx),
  );
  await tell();
};
const withdraw = async (role: string) => {
  await inTenant((trx) =>
    sql`delete from role_grant where tenant_id = ${api.tenant.id} and person_id = ${person} and role = ${role}`.execute(
      trx,
    ),
  );
  await tell();
};
/** Ada's next presence, with these titles on its hats. */
const seen = (...titles: string[]) =>
  ben.next(
    (each) => {
      if (!each.is("presence") || attr(each, "from") !== api.at("amt", "Ada") || attr(each, "type")) return false;
      const element = each.getChild("hats", hats.ns);
      const found = element ? hats.read(element).hats.map(({ title }) => title) : [];
      return found.join() === titles.join();
    },
    `Ada with ${titles.join(" and ") || "nothing on"}`,
  );
const allow = async (roleHats: boolean) =>
  expect((await api.ask("put", "/room-rules", { body: { roleHats } })).status).toBe(200);

test("are worn while the rule holds, and change with the roles", async () => {
  expect((await api.ask("get", "/room-rules")).body.roleHats).toBe(false);
  await api.ask("post", "/rooms", { body: { name: "amt" } });
  await grant("moderator");
  await grant("user");
  await api.enter(ben, "amt", "Ben");
  const entered = seen();
  await api.enter(ada, "amt", "Ada");
  await entered;

  const worn = seen("Moderation");
  await allow(true);
  await worn;
  const both = seen("Datenschutz", "Moderation");
  await grant("dpo");
  await both;
  const one = seen("Datenschutz");
  await withdraw("moderator");
  await one;

  // Who enters anew wears them too, and takes them off where the rule ends.
  await ada.send(x("presence", { to: api.at("amt", "Ada"), type: "unavailable" }));
  await ben.next(
    (each) => attr(each, "from") === api.at("amt", "Ada") && attr(each, "type") === "unavailable",
    "the end",
  );
  const again = seen("Datenschutz");
  await api.enter(ada, "amt", "Ada");
  await again;
  const off = seen();
  await allow(false);
  await off;
});
