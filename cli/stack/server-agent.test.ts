import { describe, expect, it } from "@jest/globals";
import { hostLines } from "./server-agent.ts";

describe("what brings a server's hosts in step", () => {
  it("is nothing where they are", () => {
    expect(hostLines(["b.example", "a.example"], ["a.example", "b.example"])).toEqual([]);
  });

  it("opens a host before its components, and closes components before their host", () => {
    const lines = hostLines(["old.example", "rooms.old.example"], ["new.example", "rooms.new.example"]);
    expect(lines.map((line) => /^host:(\w+)\("([^"]+)"/.exec(line)?.slice(1))).toEqual([
      ["deactivate", "rooms.old.example"],
      ["deactivate", "old.example"],
      ["activate", "new.example"],
      ["activate", "rooms.new.example"],
    ]);
  });

  it("cannot be broken by a name", () => {
    expect(hostLines([], ['a") os.exit("'])).toEqual(['host:activate("a\\034) os.exit(\\034")']);
  });
});
