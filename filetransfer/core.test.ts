import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { KontorError } from "../platform/errors.ts";
import { checkUpload, decideSlot, mediaType, safeName, uploadMs } from "./core.ts";

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof KontorError) return error.code;
    throw error;
  }
  return "none";
};

const limits = { maxBytes: 1_000, slotSeconds: 300 };

describe("a slot request", () => {
  test("gets a slot with its times", () => {
    const slot = decideSlot({ filename: "a b.PNG", size: 1_000, contentType: "image/PNG" }, limits, 5_000);
    expect(slot).toEqual({
      name: "a b.PNG",
      size: 1_000,
      type: "image/png",
      expiresAt: 305_000,
      uploadUntil: 305_000 + uploadMs(1_000),
    });
  });
  test("of one byte too many is told the limit", () => {
    expect(() => decideSlot({ filename: "a", size: 1_001 }, limits, 0)).toThrow(
      expect.objectContaining({ code: "too-large", extra: { maxBytes: 1_000 } }),
    );
  });
  test("of an empty file is fine", () => {
    expect(decideSlot({ filename: "a", size: 0 }, limits, 0)).toMatchObject({ size: 0, type: undefined });
  });
  test.each(["png", "image/", "image/p ng", "a/b/c", "image/png\r\nX: y"])(
    "with the type %j is refused",
    (contentType) => {
      expect(codeOf(() => decideSlot({ filename: "a", size: 1, contentType }, limits, 0))).toBe("bad-request");
    },
  );
});

describe("media types", () => {
  test.each([
    ["text/plain", "text/plain"],
    ["Text/Plain; charset=UTF-8", "text/plain"],
    ["application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"],
    ["image/svg+xml ", "image/svg+xml"],
    ["", undefined],
    ["text", undefined],
    ["*/*", undefined],
  ])("%j is %j", (text, type) => expect(mediaType(text)).toBe(type));
});

describe("file names", () => {
  test.each([
    ["très cool.jpg", "très cool.jpg"],
    ["tre\u0300s.jpg", "très.jpg"],
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\x\\brief.odt", "brief.odt"],
    ["a/", "file"],
    ["", "file"],
    [".", "file"],
    ["..", "file"],
    [" . ", "file"],
    [".gitignore", ".gitignore"],
    ["a\r\nX-Header: b.txt", "aX-Header: b.txt"],
    ["photo\u202egpj.exe", "photogpj.exe"],
    ["bad\ud800.txt", "bad.txt"],
    ["name. .", "name"],
  ])("%j becomes %j", (text, name) => expect(safeName(text)).toBe(name));

  test("a long one keeps its ending", () => {
    const name = safeName(`${"ä".repeat(300)}.jpeg`);
    expect(name.endsWith("ä.jpeg")).toBe(true);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
  });

  test("whatever comes, one path segment comes out, and again the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const name = safeName(text);
        expect(name).not.toMatch(/[/\\\p{Cc}\p{Cs}]/u);
        expect(["", ".", ".."]).not.toContain(name);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
        // A link is an address: what a browser makes of it must be the same name.
        const url = new URL(`http://h/${encodeURIComponent(name)}`);
        expect(decodeURIComponent(url.pathname.slice(1))).toBe(name);
      }),
    );
  });
});

describe("the header fields of an upload", () => {
  const slot = { size: 10, type: "image/png" };
  test.each([
    ["10", "image/png", "none"],
    ["10", "IMAGE/PNG; q=1", "none"],
    ["10", undefined, "none"],
    ["9", "image/png", "bad-request"],
    ["11", "image/png", "too-large"],
    [undefined, "image/png", "bad-request"],
    ["1e1", "image/png", "bad-request"],
    ["-10", "image/png", "bad-request"],
    ["10", "text/html", "bad-request"],
  ])("length %j and type %j: %s", (contentLength, contentType, code) => {
    expect(codeOf(() => checkUpload({ contentLength, contentType }, slot))).toBe(code);
  });
  test("any type goes where none was declared", () => {
    const headers = { contentLength: "10", contentType: "text/html" };
    expect(codeOf(() => checkUpload(headers, { size: 10, type: undefined }))).toBe("none");
  });
});

test("the time for an upload grows with its size and fits a timer", () => {
  expect(uploadMs(0)).toBe(600_000);
  expect(uploadMs(104_857_600)).toBeGreaterThan(3_600_000);
  expect(uploadMs(Number.MAX_SAFE_INTEGER)).toBe(2 ** 31 - 1);
});
