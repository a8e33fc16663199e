import { expect, it } from "@jest/globals";
import { rememberedTenants } from "./tenants.ts";

const one = [{ id: "a", name: "A", domain: "a.example" }];
const two = [...one, { id: "b", name: "B", domain: "b.example" }];

it("reads at most every ten seconds, shares a read, and keeps the last while the database is away", async () => {
  let now = 0;
  let reads = 0;
  let answer: () => Promise<typeof one> = async () => one;
  const read = () => {
    reads++;
    return answer();
  };
  const tenants = rememberedTenants(read, () => now);
  expect(await Promise.all([tenants(), tenants()])).toEqual([one, one]);
  expect(reads).toBe(1);
  answer = async () => two;
  now = 9_999;
  expect(await tenants()).toEqual(one);
  now = 10_000;
  expect(await tenants()).toEqual(two);
  answer = () => Promise.reject(new Error("away"));
  now = 20_000;
  expect(await tenants()).toEqual(two);
  expect(await tenants()).toEqual(two);
  expect(reads).toBe(3);
});

it("rejects while they have never been read, and recovers by itself", async () => {
  let away = true;
  const tenants = rememberedTenants(
    () => (away ? Promise.reject(new Error("away")) : Promise.resolve(one)),
    () => 0,
  );
  await expect(tenants()).rejects.toThrow("away");
  away = false;
  expect(await tenants()).toEqual(one);
});
