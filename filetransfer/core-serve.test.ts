import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { cacheControl, contentDisposition, contentType } from "./core-serve.ts";

describe("how a file is shown", () => {
  test.each([
    ["a.png", "image/png", 'inline; filename="a.png"'],
    ["a.txt", "text/plain", 'inline; filename="a.txt"'],
    ["a.html", "text/html", 'attachment; filename="a.html"'],
    ["a.svg", "image/svg+xml", 'attachment; filename="a.svg"'],
    ["a.pdf", "application/pdf", 'attachment; filename="a.pdf"'],
    ["a", undefined, 'attachment; filename="a"'],
    ["très.jpg", "image/jpeg", "inline; filename=\"tr_s.jpg\"; filename*=UTF-8''tr%C3%A8s.jpg"],
    ['q"\\%41.jpg', "image/jpeg", "inline; filename=\"q___41.jpg\"; filename*=UTF-8''q%22%5C%2541.jpg"],
    [
      "😀 (1)*'.jpg",
      "image/jpeg",
      "inline; filename=\"_ (1)*'.jpg\"; filename*=UTF-8''%F0%9F%98%80%20%281%29%2A%27.jpg",
    ],
  ])("%j of type %j", (name, type, header) => expect(contentDisposition(name, type)).toBe(header));

  test("no name breaks out of the header", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), (name) => {
        expect(contentDisposition(name, undefined)).toMatch(
          /^attachment; filename="[\x20\x21\x23\x24\x26-\x5b\x5d-\x7e]*"(; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]*)?$/,
        );
      }),
    );
  });

  test("text is UTF-8, an unknown type is bytes", () => {
    expect(contentType("text/plain")).toBe("text/plain; charset=utf-8");
    expect(contentType(undefined)).toBe("application/octet-stream");
    expect(contentType("video/mp4")).toBe("video/mp4");
  });
});

test("a copy lives no longer than its link and a day at most", () => {
  expect(cacheControl(1_000, 990_500)).toBe("private, max-age=10, immutable");
  expect(cacheControl(10_000_000, 0)).toBe("private, max-age=86400, immutable");
  expect(cacheControl(5, 10_000)).toBe("private, max-age=0, immutable");
});
