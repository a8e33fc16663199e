import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { dataForm } from "../components/xep/xep-0004-data-forms.ts";
import {
  configForm,
  configStatuses,
  configured,
  defaultConfig,
  insideRoles,
  type RoomConfig,
  roomConfig,
  roomFeatures,
} from "./core-config.ts";
import { codeOf } from "./testkit.ts";

const submit = (values: Readonly<Record<string, string | readonly string[]>>) => ({
  type: "submit" as const,
  fields: Object.entries(values).map(([name, value]) => ({ var: name, values: [value].flat() })),
});
const base = defaultConfig("empfang");

const anyText = (max: number) => fc.string({ unit: "grapheme", maxLength: max }).map((text) => text.replace(/\r/g, ""));
const anyRoles = fc.subarray([...insideRoles]);
const anyConfig: fc.Arbitrary<RoomConfig> = fc.record({
  title: anyText(40).map((text) => text.replaceAll("\n", " ").trim() || "x"),
  description: anyText(200),
  language: fc.constantFrom("", "de", "en-GB"),
  listed: fc.boolean(),
  persistent: fc.boolean(),
  membersOnly: fc.boolean(),
  moderated: fc.boolean(),
  password: anyText(20).map((text) => text.replaceAll("\n", "")),
  whois: fc.constantFrom("moderators", "anyone"),
  quietFrom: fc.integer({ min: 0, max: 5_000 }),
  maxOccupants: fc.integer({ min: 0, max: 5_000 }),
  occupantsInvite: fc.boolean(),
  privateMessages: fc.constantFrom("anyone", "participants", "moderators", "none"),
  openSubject: fc.boolean(),
  announcedRoles: anyRoles,
  memberListRoles: anyRoles,
  registration: fc.boolean(),
  history: fc.integer({ min: 0, max: 200 }),
});

test("a form that is sent back as it came changes nothing, whatever the configuration", () => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      const form = dataForm.read(dataForm.write(configForm(config, "x", "de")));
      expect(configured(config, { ...form, type: "submit" })).toEqual(config);
      // And it says all there is: another room becomes the same by it, but for the reserved word of its password.
      expect(configured({ ...base, password: "old" }, { ...form, type: "submit" })).toEqual(config);
    }),
  );
});

describe("what a form sets", () => {
  test.each<[string, Parameters<typeof submit>[0], Partial<RoomConfig>]>([
    ["nothing", {}, {}],
    ["a field that no room has", { "muc#roomconfig_pubsub": "x" }, {}],
    ["booleans by word", { "muc#roomconfig_membersonly": "true" }, { membersOnly: true }],
    ["booleans by number", { "muc#roomconfig_publicroom": "0" }, { listed: false }],
    [
      "a password",
      { "muc#roomconfig_passwordprotectedroom": "1", "muc#roomconfig_roomsecret": "s" },
      { password: "s" },
    ],
    ["a password without the tick", { "muc#roomconfig_roomsecret": "s" }, { password: "s" }],
    [
      "no password, whatever it was",
      { "muc#roomconfig_passwordprotectedroom": "0", "muc#roomconfig_roomsecret": "s" },
      { password: "" },
    ],
    ["several lines", { "muc#roomconfig_roomdesc": ["eins", "zwei"] }, { description: "eins\nzwei" }],
    ["several choices", { "muc#roomconfig_presencebroadcast": ["moderator"] }, { announcedRoles: ["moderator"] }],
    ["none of the choices", { "muc#roomconfig_presencebroadcast": [] }, { announcedRoles: [] }],
  ])("%s", (_what, values, change) => {
    expect(configured(base, submit(values))).toEqual({ ...base, ...change });
  });
});

test.each<[string, Parameters<typeof submit>[0]]>([
  ["a boolean that is none", { "muc#roomconfig_membersonly": "yes" }],
  ["an empty name", { "muc#roomconfig_roomname": " " }],
  ["a name beyond the limit", { "muc#roomconfig_roomname": "x".repeat(201) }],
  ["a history beyond the limit", { "muc#maxhistoryfetch": "201" }],
  ["a number that is none", { "muc#roomconfig_maxusers": "viele" }],
  ["a negative number", { "muc#roomconfig_maxusers": "-1" }],
  ["a choice that is not offered", { "muc#roomconfig_whois": "nobody" }],
  ["a role that is none", { "muc#roomconfig_presencebroadcast": ["king"] }],
  ["a language that is none", { "muc#roomconfig_lang": "no language" }],
  ["a password that is asked for and missing", { "muc#roomconfig_passwordprotectedroom": "1" }],
])("%s is not acceptable", (_what, values) => {
  expect(codeOf(() => configured(base, submit(values)))).toBe("not-acceptable");
});

test("a configuration of before is complete with the defaults", () => {
  expect(roomConfig.parse({ title: "empfang", listed: true, history: 20 })).toEqual(base);
});

test("a room whose name is longer than a title may be has the beginning of it", () => {
  expect(defaultConfig("x".repeat(255)).title).toBe("x".repeat(200));
  expect(defaultConfig(`${"x".repeat(199)}😀y`).title).toBe("x".repeat(199));
});

test("disco names six facts, and each change of privacy has its status", () => {
  expect(roomFeatures(base)).toEqual([
    ...["muc_persistent", "muc_open", "muc_semianonymous", "muc_unmoderated", "muc_unsecured", "muc_public"],
  ]);
  const other = { ...base, persistent: false, membersOnly: true, whois: "anyone", moderated: true } as const;
  expect(roomFeatures({ ...other, password: "x", listed: false })).toEqual([
    ...["muc_temporary", "muc_membersonly", "muc_nonanonymous", "muc_moderated", "muc_passwordprotected", "muc_hidden"],
  ]);
  expect(configStatuses(base, base)).toEqual([104]);
  expect(configStatuses(base, other)).toEqual([104, 172]);
  expect(configStatuses(other, base)).toEqual([104, 173]);
});
