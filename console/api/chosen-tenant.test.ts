import { expect, it } from "@jest/globals";
import { tenantsOf } from "./chosen-tenant.ts";

const person = { tenant: "amt", id: "p", localpart: "p", name: "P" };
const now = Date.parse("2026-01-01T12:00:00Z");

it("are one's own and those of rights that have not ended, each once", () => {
  const grants = [
    { role: "operator", scope: null, expiresAt: null },
    { role: "user", scope: "amt", expiresAt: null },
    { role: "tenant-administrator", scope: "schule", expiresAt: "2026-01-01T12:00:01Z" },
    { role: "moderator", scope: "schule", expiresAt: null },
    { role: "tenant-administrator", scope: "klub", expiresAt: "2026-01-01T12:00:00Z" },
  ] as const;
  expect(tenantsOf({ person, grants: [...grants] }, now)).toEqual(["amt", "schule"]);
});
