import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { newId } from "../platform/ids.ts";
import { newSecret } from "../platform/secrets.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { INSTALLATION, localActor } from "./audit.ts";
import { addTenant } from "./store.ts";
import { tokenReader } from "./token-reader.ts";
import { createToken, revokeToken } from "./token-store.ts";

let scratch: ScratchDatabase;
let now = Date.UTC(2026, 0, 5);
const tenant = "amt-west";
const actor = localActor("cli");

beforeAll(async () => {
  scratch = await scratchDatabase();
  const names = { name: "Amt West", contact: "A", deputy: "B", partners: [] };
  await addTenant(scratch.owner, { id: tenant, domain: "amt-west.example", ...names }, new Date(now));
});
afterAll(() => scratch.drop());

const made = (of: string | null, expiresAt = new Date(now + 3_600_000)) =>
  createToken(
    scratch.db,
    actor,
    { tenant: of, label: "t", scopes: ["person:read"], expiresAt, creator: undefined },
    new Date(now),
    newId,
  );

it.each([tenant, null])(
  "a revoked token (of %s) ends when it is forgotten, at the latest after five seconds",
  async (of) => {
    const reader = tokenReader(scratch.db, () => now);
    const { token, secret } = await made(of);
    expect(await reader.read(secret)).toMatchObject({ id: token.id, tenant: of, scopes: ["person:read"] });
    await revokeToken(scratch.db, actor, { tenant: of, id: token.id }, new Date(now), newId);
    expect(await reader.read(secret)).toMatchObject({ id: token.id });
    reader.forget("somebody-else");
    expect(await reader.read(secret)).toMatchObject({ id: token.id });
    now += 4_999;
    expect(await reader.read(secret)).toMatchObject({ id: token.id });
    now += 1;
    await expect(reader.read(secret)).rejects.toMatchObject({ code: "not-authorized" });

    const second = await made(of);
    await reader.read(second.secret);
    await revokeToken(scratch.db, actor, { tenant: of, id: second.token.id }, new Date(now), newId);
    reader.forget(of ?? INSTALLATION);
    await expect(reader.read(second.secret)).rejects.toMatchObject({ code: "not-authorized" });
  },
);

it("an expired token is none, remembered or not, and a secret of nobody either", async () => {
  const reader = tokenReader(scratch.db, () => now);
  const { secret } = await made(tenant, new Date(now + 1_000));
  expect((await reader.read(secret)).expiresAt).toEqual(new Date(now + 1_000));
  now += 1_000;
  await expect(reader.read(secret)).rejects.toMatchObject({ code: "not-authorized" });
  await expect(reader.read(newSecret("kontor"))).rejects.toMatchObject({ code: "not-authorized" });
});

it("what was read while something was forgotten is not kept", async () => {
  const reader = tokenReader(scratch.db, () => now);
  const { token, secret } = await made(tenant);
  const asked = reader.read(secret);
  reader.forget(tenant);
  await asked;
  await revokeToken(scratch.db, actor, { tenant, id: token.id }, new Date(now), newId);
  await expect(reader.read(secret)).rejects.toMatchObject({ code: "not-authorized" });
});
