import { describe, expect, it } from "@jest/globals";
import { effectiveQuotas, installationQuotas, ownQuotas, requireWithin } from "./core-quota.ts";

describe("quotas", () => {
  it("are the tenant's own, elsewhere the installation's", () => {
    expect(effectiveQuotas({ people: 0, rooms: undefined })).toEqual({ ...installationQuotas, people: 0 });
  });

  it.each([
    [9, 1, true],
    [10, 0, true],
    [10, 1, false],
    [0, 11, false],
    [12, 0, false],
  ])("of 10 with %i in use and %i more: %s", (used, adding, fits) => {
    const check = () => requireWithin(effectiveQuotas({ links: 10 }), "links", used, adding);
    if (fits) expect(check).not.toThrow();
    else
      expect(check).toThrow(
        expect.objectContaining({ code: "policy-violation", extra: { quota: "links", limit: 10, used } }),
      );
  });

  it.each([{ people: 1.5 }, { people: "1" }, { rooms: -1 }, { other: 1 }, []])("cannot be %j", (value) => {
    expect(ownQuotas.safeParse(value).success).toBe(false);
  });
});
