import { execFileSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { xmppDomain } from "./domain.ts";
import { HOST_MARK, type ProsodyInput, prosodyConfig, serverHosts } from "./generate.ts";
import { lua, luaString } from "./lua.ts";

const input: ProsodyInput = {
  tenants: [
    { domain: "amt.example", partners: ["schule.example"] },
    { domain: "schule.example", partners: [] },
  ],
  interfaces: { clients: ["127.0.0.1"], components: ["127.0.0.1"], http: ["127.0.0.1"] },
  ports: { clients: 5222, components: 5347, http: 5280 },
  folders: { data: "/d", certificates: "/c", plugins: ["/p"], adminSocket: "/s" },
  certificate: { certificate: "/c/crt", key: "/c/key" },
  archive: { host: "h", port: 5432, database: "prosody", user: "u", password: 'p"]]\\\n' },
  plainStreams: false,
  web: { behindTls: true, origins: ["https://chat.example"], websocketUrl: "wss://chat.example/xmpp-websocket" },
  maxStanzaBytes: 262_144,
  clientRate: "100kb/s",
  runAsRoot: false,
  logLevel: "info",
};
const generate = (given: unknown): string =>
  prosodyConfig(Object.assign({}, input, given), (domain) => `secret of ${domain}`);

/** Runs a chunk in Prosody's own Lua and gives what it prints. */
const runLua = (chunk: string): string => execFileSync("lua5.4", ["-"], { input: chunk, encoding: "utf8" });

describe("the Prosody configuration", () => {
  it("is Lua that yields what went in", () => {
    const sections = "local function section(name) print(name); return function() end end VirtualHost = section; ";
    const component = "Component = function(name) print(name); return function() end end ";
    const chunk = `${sections}${component}${generate({})}\nprint(sql.password == ${luaString(input.archive.password)})`;
    // Without its calls the assignments of a section land in one environment, which is enough to parse and read them.
    const out = runLua(chunk).split("\n");
    expect(out).toEqual([
      "web.kontor.invalid",
      ...["amt", "schule"].flatMap((name) =>
        ["", "conference.", "rooms.", "upload.", "presence."].map((prefix) => `${prefix}${name}.example`),
      ),
      "true",
      "",
    ]);
  });

  it("has the hosts that a running server is told to have", () => {
    const named = [...generate({}).matchAll(/^(?:VirtualHost|Component) "([^"]+)"/gm)].map(([, host]) => host);
    expect(named).toEqual(serverHosts(input.tenants.map(({ domain }) => domain)));
  });

  it("marks every host as ours, and reads an operator's own from a folder beside it", () => {
    const sections = generate({})
      .split(/^(?=VirtualHost|Component)/m)
      .slice(1);
    expect(sections).toHaveLength(serverHosts(["amt.example", "schule.example"]).length);
    for (const section of sections) expect(section).toContain(`${HOST_MARK} = true`);
    expect(generate({})).not.toContain("Include");
    expect(generate({ folders: { ...input.folders, own: "/o" } })).toMatch(/\nInclude "\/o\/\*\.cfg\.lua"\n+$/);
  });

  it("has a way in for browsers that is no tenant's", () => {
    expect(generate({ tenants: [] })).toMatch(/http_default_host = "web\.kontor\.invalid"/);
  });

  it("gives each component a secret of its own and turns a second stream away", () => {
    const text = generate({});
    expect(text).toMatch(/Component "rooms\.amt\.example"\n {2}component_secret = "secret of rooms\.amt\.example"/);
    expect(text.match(/component_conflict_resolve = "kick_new"/g)).toHaveLength(6);
    expect(text).not.toContain("kick_old");
  });

  it("lets no password cross a plain stream, and plain streams only where it is told", () => {
    expect(generate({})).toMatch(/c2s_require_encryption = true/);
    expect(generate({ plainStreams: true })).toMatch(/c2s_require_encryption = false/);
    expect(generate({ plainStreams: true })).toMatch(/allow_unencrypted_plain_auth = false/);
  });

  it("loads the separation of tenants in every section", () => {
    const sections = generate({})
      .split(/^(?=VirtualHost|Component)/m)
      .slice(1);
    const components = sections.filter((section) => section.startsWith("Component"));
    expect(components).toHaveLength(8);
    for (const section of components) expect(section).toMatch(/modules_enabled = \{ "kontor_tenants"/);
    expect(generate({})).toMatch(/^modules_enabled = .*"kontor_tenants"/m);
  });

  it.each([
    'x" os.execute("id") --.example',
    "a b.example",
    "UPPER.example",
    ".example",
    "a..example",
    "-a.example",
    "127.0.0.1",
    "a@b.example",
    "a/b.example",
    "a\n.example",
    `${"a".repeat(64)}.example`,
    "",
  ])("refuses the domain %j", (domain) => {
    expect(() => generate({ tenants: [{ domain, partners: [] }] })).toThrow();
    expect(() => generate({ tenants: [{ domain: "a.example", partners: [domain] }] })).toThrow();
  });

  it.each(["amt-nord.localhost", "behörde.example", "例え.example", "xn--behrde-wxa.example"])("takes %s", (domain) => {
    expect(xmppDomain.parse(domain)).toBe(domain);
  });

  it("refuses a socket path that the kernel would", () => {
    expect(() => generate({ folders: { ...input.folders, adminSocket: `/${"s".repeat(107)}` } })).toThrow(
      /socket path/,
    );
  });
});

describe("Lua values", () => {
  it("come back as they were, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const hex = `:gsub(".", function(c) return string.format("%02x", c:byte()) end)`;
        const out = runLua(`local t = ${lua({ [text]: [text] })}; io.write((t[${luaString(text)}][1]${hex}))`);
        expect(out).toBe(Buffer.from(text, "utf8").toString("hex"));
      }),
      { numRuns: 60 },
    );
  });

  it("know no number that is none", () => {
    expect(() => lua(Number.NaN)).toThrow(RangeError);
  });
});
