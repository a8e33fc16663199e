/** Who is found in a room by its next owner: whom the one before wrote down, unless it was a former holder of the name. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { DoorContext } from "../components/door.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { eventually, realStack, silentLog } from "../test/support/real.ts";
import { type LiveSession, readSessions, rememberSessions } from "./live.ts";
import { roomMemory } from "./room-memory.ts";
import { emptyRoom } from "./testkit.ts";

const redis = openRedis(realStack().settings.redis.url, silentLog);
const tenant = `memory-${newId().slice(-8)}`;
beforeAll(() => redisReady(redis, 5_000));
afterAll(() => redis.disconnect());

test("a session that a deleted person left behind is not restored, and forgotten", async () => {
  const room = emptyRoom();
  const session = (bare: string, nick: string, occupantId: string): LiveSession => ({
    ...{ bare, nick, occupantId, role: "moderator", presence: "", entered: 0, withheld: null },
  });
  const left = new Map([
    ["anna@amt.example/1", session("anna@amt.example", "Anna", "of the first")],
    ["ben@amt.example/1", session("ben@amt.example", "Ben", "of ben")],
  ]);
  await rememberSessions(redis, tenant, room.id, left);
  const context: Pick<DoorContext, "tenant" | "log"> = {
    tenant: { id: tenant, domain: "amt.example", partners: [] },
    log: silentLog,
  };
  const ids: Record<string, string> = { "anna@amt.example": "of the second", "ben@amt.example": "of ben" };
  await roomMemory(context, redis, (_room, who) => ids[who] ?? "").recall(room);
  expect([...room.bySession.keys()]).toEqual(["ben@amt.example/1"]);
  const kept = await eventually(async () => {
    const sessions = [...(await readSessions(redis, tenant, room.id)).keys()];
    return sessions.length === 1 ? sessions : undefined;
  }, "the session to be forgotten");
  expect(kept).toEqual(["ben@amt.example/1"]);
  await rememberSessions(redis, tenant, room.id, new Map(), { all: true });
});
