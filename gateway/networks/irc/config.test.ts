import { expect, test } from "@jest/globals";
import { irc } from "./index.ts";

const good = {
  host: "irc.example",
  channel: "#Office",
  password: "geheim",
  saslUser: "k",
  saslPassword: "s",
  key: "x",
};

test("a place is named without its secrets", () => {
  const { place, shown } = irc.place(good);
  expect(place).toBe("#office@irc.example:6697");
  expect(Object.keys(shown).sort()).toEqual(
    [
      "awaySeconds",
      "breakNicks",
      "burst",
      "channel",
      "host",
      "linesPerSecond",
      "nick",
      "port",
      "saslUser",
      "tls",
      "verify",
    ].sort(),
  );
});

test.each([
  ["another option", { ...good, chanel: "#x" }, "chanel"],
  ["two channels", { ...good, channel: "#a,#b" }, "config.channel"],
  ["a line end in the channel", { ...good, channel: "#a\r\nQUIT" }, "config.channel"],
  ["a line end in a password", { ...good, password: "a\nQUIT" }, "config.password"],
  ["a key that is two words", { ...good, key: "a b" }, "config.key"],
  ["a nick with a space", { ...good, nick: "a b" }, "config.nick"],
  ["no host", { channel: "#a" }, "config.host"],
])("%s will not do", (_name, config, named) => {
  expect(() => irc.place(config)).toThrow(
    expect.objectContaining({ code: "bad-request", message: expect.stringContaining(named) }),
  );
});
