import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { dayOf, filePath, partPath, safeName, zipName } from "./core-names.ts";

test.each([
  ["Protokoll.pdf", "Protokoll.pdf"],
  ["../../etc/passwd", "_.._etc_passwd"],
  ["C:\\Windows\\a.txt", "C__Windows_a.txt"],
  ["con.txt", "_con.txt"],
  ["Con", "_Con"],
  ["console.log", "console.log"],
  [".bashrc", "bashrc"],
  ["a\u202egnp.exe", "a_gnp.exe"],
  ["zeile\nzwei", "zeile_zwei"],
  ["...", "file"],
  ["", "file"],
  [`${"ä".repeat(200)}.pdf`, `${"ä".repeat(58)}.pdf`],
])("%j is called %j", (name, expected) => {
  expect(safeName(name)).toBe(expected);
});

test("no name leads out of its folder or is longer than a file system takes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const safe = safeName(name);
      expect(safe).not.toMatch(/[/\\]|^\.|^$/);
      expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(120);
      expect(filePath({ id: "1", name }).split("/")).toHaveLength(3);
    }),
  );
});

test("a day is that of Berlin, and parts sort in their order", () => {
  expect(dayOf(new Date("2026-07-19T22:30:00Z"))).toBe("2026-07-20");
  expect([partPath(10, "2026-07-20", "html"), partPath(9, "2026-07-20", "html")].sort()).toEqual([
    "messages/00009-2026-07-20.html",
    "messages/00010-2026-07-20.html",
  ]);
  expect(zipName("büro/rat", new Date("2026-07-20T10:00:00Z"))).toBe("b_ro_rat-2026-07-20.zip");
});
