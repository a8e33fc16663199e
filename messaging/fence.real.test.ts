/** Who does not own a tenant's rooms any more stores nothing in them: no message, no change, no end. */
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { Transaction } from "kysely";
import { quotas } from "../config/sections/quotas.ts";
import { addTenant, localActor } from "../identity/index.ts";
import { newId } from "../platform/ids.ts";
import { silentLog } from "../test/support/real.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { commitEntries, FencedError, prepareDays } from "./commit.ts";
import { defaultConfig } from "./core-config.ts";
import { createRoom } from "./store.ts";
import { type RoomChange, storeConfig, storeEnd, storeMemberships } from "./store-changes.ts";
import { takeOwnership } from "./store-owner.ts";
import type { Tables } from "./tables.ts";

const TENANT = "amt";
const OWNER = "anna@amt.example";
const actor = localActor("cli", "test");
let scratch: ScratchDatabase;
let roomId: string;
/** Of the owner before, and of the one that is. */
let old: number;
let current: number;

beforeAll(async () => {
  scratch = await scratchDatabase();
  const tenant = { id: TENANT, domain: "amt.example", name: "Amt", contact: "C", deputy: "D", partners: [] };
  await addTenant(scratch.owner, tenant, new Date());
  await prepareDays(scratch.owner, new Date());
}, 60_000);
afterAll(() => scratch.drop());

beforeEach(async () => {
  roomId = newId();
  const name = `saal-${roomId}`;
  const room = { id: roomId, name, config: defaultConfig(name), owner: OWNER, locked: false };
  const defaults = quotas.parse({});
  await createRoom(scratch.db, TENANT, room, { now: new Date(), newId, defaults, actor: async () => actor });
  old = await takeOwnership(scratch.db, TENANT, "one");
  current = await takeOwnership(scratch.db, TENANT, "two");
});

const commit = (fence: number) =>
  commitEntries(
    scratch.db,
    [
      {
        ...{ tenant: TENANT, fence, roomId, seq: 1, id: newId(), at: new Date(), sender: OWNER, nick: "Anna" },
        ...{ occupantId: "o", origin: null, originRef: null, stanza: "<message/>", body: "Moin", subject: undefined },
        command: undefined,
      },
    ],
    { files: { release: async () => [], remove: async () => undefined }, newId, log: silentLog },
  );

const change = (fence: number): RoomChange => ({
  ...{ db: scratch.db, tenant: { id: TENANT, domain: "amt.example" }, fence, roomId },
  ...{ by: OWNER, as: "owner", now: new Date(), newId },
});

/** All that is stored of the room. */
const stored = () =>
  scratch.db.withTenants([TENANT], async (trx: Transaction<Tables>) => ({
    room: await trx.selectFrom("room").selectAll().where("id", "=", roomId).executeTakeFirst(),
    ties: await trx.selectFrom("room_affiliation").selectAll().where("room_id", "=", roomId).execute(),
    log: await trx.selectFrom("room_log").select("id").where("room_id", "=", roomId).execute(),
  }));

const config = () => defaultConfig("neu");
const member = { bare: "bert@amt.example", before: undefined, membership: { affiliation: "member" as const } };
const works: readonly (readonly [string, (fence: number) => Promise<void>])[] = [
  ["says something", commit],
  ["changes the configuration", (fence) => storeConfig(change(fence), config(), config())],
  [
    "makes a member",
    (fence) =>
      storeMemberships(change(fence), [
        { ...member, membership: { ...member.membership, nick: undefined, reason: "" } },
      ]),
  ],
  ["ends the room", (fence) => storeEnd(change(fence))],
];

test.each(works)("an earlier owner that %s is refused, and the present one is not", async (_what, work) => {
  const before = await stored();
  await expect(work(old)).rejects.toBeInstanceOf(FencedError);
  expect(await stored()).toEqual(before);
  await work(current);
  expect(await stored()).not.toEqual(before);
});
