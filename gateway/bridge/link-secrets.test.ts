import { describe, expect, it } from "@jest/globals";
import { irc } from "../networks/irc/index.ts";
import { linkSecrets } from "./link-secrets.ts";

const secrets = linkSecrets("0123456789abcdef0123456789abcdef", [irc]);
const at = { tenant: "amt", roomId: "room-1", network: "irc", place: "#office@irc.example:6697" };
const config = { host: "irc.example", channel: "#office", password: "pass-wort", key: "schluessel" };

describe("the secrets of a link", () => {
  it("are sealed where they are secret, and open again in their own place only", () => {
    const stored = secrets.seal(at, config);
    expect(stored).toMatchObject({ host: "irc.example", channel: "#office" });
    expect(JSON.stringify(stored)).not.toMatch(/pass-wort|schluessel/);
    expect(secrets.open(at, stored)).toEqual(config);
    for (const other of [{ tenant: "schule" }, { roomId: "room-2" }, { place: "#b@irc.example:6697" }]) {
      expect(() => secrets.open({ ...at, ...other }, stored)).toThrow(/set them anew/);
    }
    expect(() => linkSecrets("another master of 32 characters!", [irc]).open(at, stored)).toThrow(/set them anew/);
  });

  it("stay as they are stored when nothing changes", () => {
    const stored = secrets.seal(at, config);
    expect(secrets.seal(at, config, stored)).toBe(stored);
    expect(secrets.seal(at, { ...config, password: "neu" }, stored)).not.toEqual(stored);
  });

  it("are read in clear as links of before have them, and told to be", () => {
    expect(secrets.open(at, config)).toEqual(config);
    expect(secrets.inClear(at, config)).toBe(true);
    expect(secrets.inClear(at, secrets.seal(at, config))).toBe(false);
    expect(secrets.inClear(at, { host: "irc.example", channel: "#office" })).toBe(false);
    // What stands there in clear is sealed even when it says the same.
    expect(JSON.stringify(secrets.seal(at, config, config))).not.toContain("pass-wort");
  });
});
