import { describe, expect, it } from "@jest/globals";
import { sampleYaml } from "./sample.ts";
import { loadDatabaseSettings, loadSettings, readIfThere, SettingsError } from "./settings.ts";

const secret = "s".repeat(32);
const env = {
  KONTOR_DATABASE_URL: "postgres://kontor:pw@127.0.0.1:5432/kontor",
  KONTOR_REDIS_URL: "redis://127.0.0.1:6379/0",
  KONTOR_XMPP_SECRET: secret,
  KONTOR_XMPP_WEBSOCKET_URL: "ws://127.0.0.1:5280/xmpp-websocket",
  KONTOR_HTTP_PUBLIC_URL: "http://127.0.0.1:8080",
  KONTOR_FILES_FOLDER: "/srv/files",
  KONTOR_FILES_SECRET: secret,
};
const nothing = (): undefined => undefined;
const problemsOf = (given: Record<string, string>, file?: string): string => {
  try {
    loadSettings(given, () => file);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error("no problem was found");
};

describe("settings", () => {
  it("fill in defaults", () => {
    const settings = loadSettings(env, nothing);
    expect(settings.database).toMatchObject({ role: "kontor_app", poolSize: 10 });
    expect(settings.files.linkSeconds).toBe(864_000);
    expect(settings.retention).toEqual({ schedule: "5 * * * *", timeZone: "Europe/Berlin", allowAsOf: false });
  });

  it("take a list of proxies, by default none", () => {
    const of = (text?: string) =>
      loadSettings({ ...env, ...(text === undefined ? {} : { KONTOR_HTTP_TRUSTED_PROXIES: text }) }, nothing).http
        .trustedProxies;
    expect(of()).toEqual([]);
    expect(of("127.0.0.1, 10.0.0.0/8,2001:db8::/32")).toEqual(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]);
  });

  it("let the environment win over the file", () => {
    const settings = loadSettings(
      { ...env, KONTOR_XMPP_COMPONENT_PORT: "6000" },
      () => "xmpp: { componentPort: 5000, c2sPort: 5001 }\nretention: { allowAsOf: true }",
    );
    expect([settings.xmpp.componentPort, settings.xmpp.c2sPort]).toEqual([6000, 5001]);
    expect(settings.retention.allowAsOf).toBe(true);
  });

  it.each([
    ["a variable", { ...env, KONTOR_DATABASE_POOLSIZE: "3" }, "", "did you mean KONTOR_DATABASE_POOL_SIZE?"],
    ["an option", env, "xmpp: { componentprot: 3 }", "unknown option xmpp.componentprot: did you mean componentPort?"],
    ["a section", env, "databse: { url: x }", "unknown section databse: did you mean database?"],
  ])("refuse a misspelt name of %s and say the right one", (_, given, file, message) => {
    expect(problemsOf(given, file)).toContain(message);
  });

  it.each([
    [
      { KONTOR_XMPP_C2S_PORT: "70000" },
      "xmpp.c2sPort (KONTOR_XMPP_C2S_PORT): 70000 will not do, allowed is 1 to 65535",
    ],
    [
      { KONTOR_XMPP_C2S_PORT: "high" },
      'xmpp.c2sPort (KONTOR_XMPP_C2S_PORT): "high" will not do, allowed is 1 to 65535',
    ],
    [
      { KONTOR_LOG_LEVEL: "loud" },
      'log.level (KONTOR_LOG_LEVEL): "loud" will not do, allowed is error | warn | info | debug',
    ],
    [
      { KONTOR_HTTP_TRUSTED_PROXIES: "10.0.0.0/8, 10.0.0.0/33" },
      "will not do, allowed is addresses and networks such as 10.0.0.0/8, separated by commas",
    ],
    [{ KONTOR_HTTP_HOST: "a b" }, 'http.host (KONTOR_HTTP_HOST): "a b" will not do, allowed is a host name or address'],
  ])("name option, value and bound: %j", (given, message) => {
    expect(problemsOf({ ...env, ...given })).toContain(message);
  });

  it("never show a secret", () => {
    const text = problemsOf({ ...env, KONTOR_XMPP_SECRET: "hush", KONTOR_DATABASE_URL: "mysql://u:geheim@h/d" });
    expect(text).toContain(
      "xmpp.secret (KONTOR_XMPP_SECRET): its value (not shown) will not do, allowed is at least 32",
    );
    expect(text).not.toMatch(/hush|geheim/);
  });

  it("say what is missing, and only of the section asked for", () => {
    expect(problemsOf({})).toContain("database.url (KONTOR_DATABASE_URL) is missing");
    expect(loadDatabaseSettings({ KONTOR_DATABASE_URL: env.KONTOR_DATABASE_URL }, nothing).poolSize).toBe(10);
  });

  it("refuse a file that is named and not there", () => {
    expect(problemsOf({ ...env, KONTOR_CONFIG: "/none.yaml" })).toContain("there is no such file");
  });

  it("have a sample that is up to date and loads", () => {
    const committed = readIfThere(new URL("kontor.sample.yaml", import.meta.url).pathname);
    expect(committed).toBe(sampleYaml());
    expect(loadSettings(env, () => committed)).toEqual(loadSettings(env, nothing));
  });
});
