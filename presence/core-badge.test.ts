import { describe, expect, test } from "@jest/globals";
import { badgeOf, badgeStates, badgeSvg } from "./core-badge.ts";
import type { PresentedPerson } from "./core-present.ts";

const person: PresentedPerson = {
  ...{ localpart: "ada", jid: "ada@amt.example", name: "Ada", groups: [] },
  ...{ available: true, show: "online", status: "Geheim", since: "2026-01-01T00:00:00.000Z", idleSince: null },
  ...{ mobileOnly: false, meeting: null, outOfOffice: null, devices: [] },
};
const away = { until: "2026-12-12T00:00:00.000Z", text: "Kur am Meer" };

describe("what a badge says", () => {
  test.each<[Partial<PresentedPerson>, string, string, string]>([
    [{}, "available", "erreichbar", "available"],
    [{ show: "chat" }, "available", "erreichbar", "available"],
    [{ show: "dnd" }, "busy", "beschäftigt", "busy"],
    [{ show: "dnd", meeting: { since: null } }, "meeting", "in einer Besprechung", "in a meeting"],
    [{ show: "away" }, "away", "abwesend", "away"],
    [{ show: "xa" }, "away", "abwesend", "away"],
    [{ show: "offline", available: false }, "offline", "nicht da", "offline"],
    [{ show: "unknown", available: false }, "unknown", "unbekannt", "unknown"],
    [{ show: "offline", available: false, outOfOffice: away }, "offline", "nicht im Büro", "out of office"],
    [{ outOfOffice: away }, "available", "erreichbar, nicht im Büro", "available, out of office"],
  ])("%o", (over, state, de, en) => {
    const seen = { ...person, ...over };
    expect(badgeOf(seen, "de")).toMatchObject({ state, label: de, name: "Ada" });
    expect(badgeOf(seen, "en")).toMatchObject({ state, label: en });
  });

  test("nothing of devices, times or the person's own words", () => {
    const badge = badgeOf({ ...person, outOfOffice: away }, "de");
    expect(Object.keys(badge).sort()).toEqual(["label", "name", "outOfOfficeUntil", "state"]);
    expect(JSON.stringify(badge) + badgeSvg(badge)).not.toMatch(/Geheim|Kur|2026-01/);
  });
});

test("pictures have a title, a form of their own for each state, and no markup of a name", () => {
  const pictures = badgeStates.map((state) =>
    badgeSvg({ name: `<script>"&'`, state, label: "x", outOfOfficeUntil: null }),
  );
  for (const each of pictures) {
    expect(each).toContain("<title>&#60;script&#62;&#34;&#38;&#39;: x</title>");
    expect(each).not.toContain("<script");
  }
  const forms = pictures.map((each) => /<path d="([^"]+)"/.exec(each)?.[1]);
  expect(new Set(forms).size).toBe(badgeStates.length);
});
