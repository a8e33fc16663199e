import { describe, expect, test } from "@jest/globals";
import { parseXml } from "../stanza.ts";
import { grantsPresence, grantsRequests, privilege } from "./xep-0356-privileged-entity.ts";

const message = (inner: string) => parseXml(`<message>${inner}</message>`);

describe("what an advertisement grants", () => {
  test.each([
    ["managed_entity", "urn:xmpp:privilege:2", true],
    ["roster", "urn:xmpp:privilege:2", true],
    ["roster", "urn:xmpp:privilege:1", true],
    ["none", "urn:xmpp:privilege:1", false],
  ])("presence %s in %s", (type, ns, granted) => {
    const inner = `<privilege xmlns='${ns}'><perm access='presence' type='${type}'/></privilege>`;
    expect(grantsPresence(message(inner))).toBe(granted);
  });

  test("another privilege is not that of presence", () => {
    const inner = "<privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='both'/></privilege>";
    expect(grantsPresence(message(inner))).toBe(false);
  });

  test("a message without perms says nothing", () => {
    expect(grantsPresence(message("<body>hello</body>"))).toBeUndefined();
    expect(grantsPresence(message("<privilege xmlns='urn:xmpp:privilege:2'/>"))).toBeUndefined();
  });

  test("a perm without access is refused", () => {
    const inner = "<privilege xmlns='urn:xmpp:privilege:2'><perm type='roster'/></privilege>";
    expect(() => grantsPresence(message(inner))).toThrow(/access/);
  });
});

test("namespaces nested as Prosody's module writes them are read flat", () => {
  const nested = parseXml(
    "<privilege xmlns='urn:xmpp:privilege:2'><perm access='iq'><namespace ns='a' type='both'>" +
      "<namespace ns='b' type='set'/></namespace></perm></privilege>",
  );
  expect(privilege.read(nested)).toEqual({
    perms: [
      {
        access: "iq",
        namespaces: [
          { ns: "a", type: "both" },
          { ns: "b", type: "set" },
        ],
      },
    ],
  });
});

test.each([
  ["<namespace ns='a' type='set'/><namespace ns='b' type='both'/>", true],
  ["<namespace ns='a' type='set'><namespace ns='b' type='both'/></namespace>", true],
  ["<namespace ns='b' type='set'/>", false],
  ["<namespace ns='a' type='both'/>", false],
])("whether requests of a namespace are granted: %s", (inner, granted) => {
  const perm = `<privilege xmlns='urn:xmpp:privilege:2'><perm access='iq'>${inner}</perm></privilege>`;
  expect(grantsRequests(message(perm), "b")).toBe(granted);
});
