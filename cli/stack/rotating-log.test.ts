import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { RotatingLog } from "./rotating-log.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kl-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("keeps three files of bounded size at most, and the newest lines", () => {
  const log = new RotatingLog(join(folder, "part.log"), 100);
  for (let n = 0; n < 100; n++) log.write(`line ${n}\n`);
  log.close();
  expect(readdirSync(folder).sort()).toEqual(["part.log", "part.log.1", "part.log.2"]);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100);
  expect(readFileSync(join(folder, "part.log"), "utf8")).toMatch(/line 99\n$/);
  expect(log.lastLines(2)).toEqual(["line 98", "line 99"]);
});

it("goes on where an earlier one ended", () => {
  for (const word of ["one", "two"]) {
    const log = new RotatingLog(join(folder, "part.log"), 100);
    log.write(`${word}\n`);
    log.close();
  }
  expect(readFileSync(join(folder, "part.log"), "utf8")).toBe("one\ntwo\n");
});
