import { describe, expect, it } from "@jest/globals";
import { activeHosts, hostLines } from "./prosody-follower.ts";

const active = (...words: string[]) => activeHosts(words.join(" "));
const named = (lines: readonly string[]) => lines.map((line) => /^host:(\w+)\("([^"]+)"/.exec(line)?.slice(1));

describe("what brings a server's hosts in step", () => {
  it("is nothing where they are", () => {
    const hosts = active("+b.example", "+a.example");
    expect(hostLines(hosts, ["a.example", "b.example"], [])).toEqual({ gone: [], added: [] });
  });

  it("opens a host before its components, and closes components before their host", () => {
    const hosts = active("+old.example", "+rooms.old.example");
    const { gone, added } = hostLines(hosts, ["new.example", "rooms.new.example"], []);
    expect(named(gone)).toEqual([
      ["deactivate", "rooms.old.example"],
      ["deactivate", "old.example"],
    ]);
    expect(named(added)).toEqual([
      ["activate", "new.example"],
      ["activate", "rooms.new.example"],
    ]);
  });

  it("closes what is marked as ours or belongs to a tenant in any status, and nothing of others", () => {
    const hosts = active("+gone.example", "-a.example", "-rooms.a.example", "-own.example", "-muc.a.example");
    expect(named(hostLines(hosts, [], ["a.example"]).gone)).toEqual([
      ["deactivate", "rooms.a.example"],
      ["deactivate", "gone.example"],
      ["deactivate", "a.example"],
    ]);
  });

  it("cannot be broken by a name", () => {
    const { added } = hostLines([], ['a") os.exit("'], []);
    expect(added).toEqual(['host:activate("a\\034) os.exit(\\034")']);
  });
});
