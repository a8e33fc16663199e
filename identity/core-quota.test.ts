import { describe, expect, it } from "@jest/globals";
import { quotas } from "../config/sections/quotas.ts";
import { effectiveQuotas, ownQuotas, requireWithin, type StockQuota } from "./core-quota.ts";

const defaults = quotas.parse({});

describe("quotas", () => {
  it("are the tenant's own, elsewhere the installation's", () => {
    expect(effectiveQuotas({ people: 0, rooms: undefined }, defaults)).toEqual({ ...defaults, people: 0 });
  });

  it.each([
    [9, 1, true],
    [10, 0, true],
    [10, 1, false],
    [0, 11, false],
    [12, 0, false],
  ])("of 10 with %i in use and %i more: %s", (used, adding, fits) => {
    const check = () => requireWithin(10, "links", used, adding);
    if (fits) expect(check).not.toThrow();
    else
      expect(check).toThrow(
        expect.objectContaining({ code: "policy-violation", extra: { quota: "links", limit: 10, used } }),
      );
  });

  it.each<[StockQuota, string]>([
    ["people", "policy-violation"],
    ["links", "policy-violation"],
    ["rooms", "quota-reached"],
    ["storageBytes", "quota-reached"],
  ])("of %s are refused as %s", (name, code) => {
    expect(() => requireWithin(0, name, 0, 1)).toThrow(expect.objectContaining({ code }));
  });

  it.each([{ people: 1.5 }, { people: "1" }, { rooms: -1 }, { other: 1 }, []])("cannot be %j", (value) => {
    expect(ownQuotas.safeParse(value).success).toBe(false);
  });
});
