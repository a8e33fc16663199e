import { expect, it } from "@jest/globals";
import { configShape } from "../../console/pages/room.ts";
import {
  changedSettings,
  choices,
  groupNames,
  insideRoles,
  settingGroups,
  settings,
  usualSettings,
} from "../../console/pages/room-settings.ts";
import {
  defaultConfig,
  insideRoles as insideOfCore,
  MAX_HISTORY,
  MAX_OCCUPANTS,
  roomConfig,
} from "../../messaging/core-config.ts";

const config = configShape.parse(defaultConfig("rat"));

it("are those of the form that XMPP clients get, with its bounds", () => {
  const { password: _secret, ...shown } = roomConfig.shape;
  expect(Object.keys(settings).sort()).toEqual(Object.keys(shown).sort());
  expect(groupNames.flatMap((group): readonly string[] => settingGroups[group]).sort()).toEqual(
    Object.keys(shown).sort(),
  );
  expect(settings.history.max).toBe(MAX_HISTORY);
  expect(settings.quietFrom.max).toBe(MAX_OCCUPANTS);
  expect(settings.maxOccupants.max).toBe(MAX_OCCUPANTS);
  expect(insideRoles).toEqual(insideOfCore);
  const { title: _title, password: _none, ...usual } = defaultConfig("rat");
  expect(usualSettings).toEqual(usual);
  for (const key of ["whois", "privateMessages"] as const) {
    for (const value of choices[key]) expect(roomConfig.safeParse({ ...config, [key]: value }).success).toBe(true);
    expect([...choices[key]].sort()).toEqual([...roomConfig.shape[key].unwrap().options].sort());
  }
  for (const key of ["title", "description"] as const) {
    const { maxLength } = settings[key];
    expect(roomConfig.safeParse({ ...config, [key]: "x".repeat(maxLength) }).success).toBe(true);
    expect(roomConfig.safeParse({ ...config, [key]: "x".repeat(maxLength + 1) }).success).toBe(false);
  }
});

it("that differ are sent, and nothing else", () => {
  const values = new FormData();
  values.set("title", " rat ");
  values.set("listed", "on");
  values.set("history", "50");
  values.append("announcedRoles", "moderator");
  const shown = ["title", "listed", "moderated", "persistent", "history", "announcedRoles"] as const;
  expect(changedSettings(shown, config, values)).toEqual({
    persistent: false,
    history: 50,
    announcedRoles: ["moderator"],
  });
});
