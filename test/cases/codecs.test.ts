import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { equal } from "ltx";
import { type Element, parseXml } from "../../components/stanza.ts";
import { codecs } from "./registry.ts";

/**
 * Every case is a pair: `<name>.xml` and the same as data, `<name>.json`. Both ways must give the other.
 */
const folder = new URL(".", import.meta.url);
const text = (path: string) => readFileSync(new URL(path, folder), "utf8");

/** Text between elements is layout of the case files only. */
function withoutLayout(element: Element): Element {
  const kept = element.children.filter((child) => typeof child !== "string" || child.trim() !== "");
  element.children = kept.map((child) => (typeof child === "object" ? withoutLayout(child) : child));
  return element;
}

const cases = Object.keys(codecs).flatMap((path) => {
  const names = readdirSync(new URL(path, folder)).filter((name) => name.endsWith(".xml"));
  return names.map((name) => ({ path, name: `${path}/${name.replace(/\.xml$/, "")}` }));
});

test("every codec has a case", () => {
  expect([...new Set(cases.map((each) => each.path))].sort()).toEqual(Object.keys(codecs).sort());
});

describe.each(cases)("$name", ({ path, name }) => {
  const codec = codecs[path];
  const xml = withoutLayout(parseXml(text(`${name}.xml`)));
  const data: unknown = JSON.parse(text(`${name}.json`));
  test("XML reads as the data", () => {
    expect(codec?.read(xml)).toEqual(data);
  });
  test("the data writes as the XML", () => {
    const written = codec?.write(codec.read(xml));
    expect(written && equal(withoutLayout(parseXml(written.toString())), xml) ? "equal" : written?.toString()).toBe(
      "equal",
    );
  });
});
