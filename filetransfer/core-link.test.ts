import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { KontorError } from "../platform/errors.ts";
import { checkGetLink, checkPutLink, type FileRef, getLink, putLink } from "./core-link.ts";

const secret = "s".repeat(32);
const options = { publicUrl: "https://chat.example.org/k/", secret };
const file: FileRef = { tenant: "amt-nord", id: "018f0000-0000-7000-8000-0000000000aa", name: "très (1) cool's.jpg" };

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof KontorError) return error.code;
    throw error;
  }
  return "none";
};

function parts(link: string) {
  const url = new URL(link);
  const [tenant = "", id = "", name = ""] = url.pathname.split("/").slice(-3).map(decodeURIComponent);
  const { expires, sig, size } = Object.fromEntries(url.searchParams);
  return {
    file: { tenant, id, name },
    query: { expires: Number(expires), signature: sig ?? "", size: Number(size) },
  };
}

test("a link is an address in ASCII below the public one", () => {
  const link = getLink(options, file, 1_000_000);
  expect(link).toMatch(
    /^https:\/\/chat\.example\.org\/k\/files\/amt-nord\/[0-9a-f-]{36}\/tr%C3%A8s%20%281%29%20cool%27s\.jpg\?expires=1000&sig=[\w-]{43}$/,
  );
});

describe("a PUT link", () => {
  const { file: read, query } = parts(putLink(options, file, 77, 1_000_000));
  test("holds until its time", () => {
    expect(codeOf(() => checkPutLink(secret, read, query, 999_999))).toBe("none");
    expect(codeOf(() => checkPutLink(secret, read, query, 1_000_000))).toBe("gone");
  });
  test.each([
    ["another size", read, { ...query, size: 78 }],
    ["a later time", read, { ...query, expires: query.expires + 1 }],
    ["another tenant", { ...read, tenant: "schule-sued" }, query],
    ["another file", { ...read, id: read.id.replace("aa", "ab") }, query],
    ["another name", { ...read, name: "x.jpg" }, query],
    ["no signature", read, { ...query, signature: "" }],
  ])("with %s is forged", (_what, changed, asked) => {
    expect(codeOf(() => checkPutLink(secret, changed, asked, 0))).toBe("forbidden");
  });
  test("is no GET link, and a GET link no PUT link", () => {
    expect(codeOf(() => checkGetLink(secret, read, query, 0))).toBe("forbidden");
    const get = parts(getLink(options, file, 1_000_000));
    expect(codeOf(() => checkPutLink(secret, get.file, { ...get.query, size: 77 }, 0))).toBe("forbidden");
  });
  test("of another secret is forged, also when it has expired", () => {
    expect(codeOf(() => checkPutLink("t".repeat(32), read, query, 2_000_000))).toBe("forbidden");
  });
});

test("a GET link of any name can be read back and holds", () => {
  const names = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).filter((name) => !/^\.{1,2}$/.test(name));
  fc.assert(
    fc.property(names, (name) => {
      const got = parts(getLink(options, { ...file, name }, 5_000));
      expect(got.file.name).toBe(name);
      expect(codeOf(() => checkGetLink(secret, got.file, got.query, 4_999))).toBe("none");
    }),
  );
});
