/** What tests change in the configuration of a running server, whichever it is. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ejabberdApi } from "../../cli/stack/ejabberd-api.ts";
import { serviceUser } from "../../cli/stack/service-user.ts";
import type { Stack } from "../../cli/stack/stack.ts";

export interface ServerUnderTest {
  /** Two tenants that federate with each other, and nobody else. */
  setPartners(one: string, other: string): Promise<void>;
  /** So many seconds after its component went nobody of a tenant is shown in a meeting; the module is loaded anew. */
  setFeedSeconds(host: string, seconds: number): Promise<void>;
}

export const serverUnderTest = (stack: Stack): ServerUnderTest =>
  stack.status().parts.some(({ name }) => name === "ejabberd") ? ejabberd(stack) : prosody(stack);

function prosody(stack: Stack): ServerUnderTest {
  const file = join(stack.home.folder, "prosody", "prosody.cfg.lua");
  const shell = async (line: string) => {
    const [result = ""] = await stack.prosodyShell([line]);
    if (!result.startsWith("OK")) throw new Error(`${line}: ${result}`);
  };
  const change = async (edit: (text: string) => string) => {
    writeFileSync(file, edit(readFileSync(file, "utf8")));
    await shell("config:reload()");
  };
  return {
    setPartners: (one, other) => {
      const both = `{ ["${one}"] = { "${other}" }; ["${other}"] = { "${one}" } }`;
      return change((text) => text.replace(/^kontor_tenants = .*$/m, `kontor_tenants = ${both}`));
    },
    setFeedSeconds: async (host, seconds) => {
      await change((text) => `kontor_visibility_feed_seconds = ${seconds}\n${text}`);
      await shell(`module:reload("kontor_visibility", "${host}")`);
    },
  };
}

const ejabberdConfig = z.looseObject({ modules: z.looseObject({}) });

function ejabberd(stack: Stack): ServerUnderTest {
  const file = join(stack.home.folder, "ejabberd", "ejabberd.yml");
  const api = ejabberdApi(
    stack.home,
    serviceUser(() => undefined),
  );
  const change = async (module: string, options: object) => {
    const config = ejabberdConfig.parse(JSON.parse(readFileSync(file, "utf8")));
    writeFileSync(file, JSON.stringify({ ...config, modules: { ...config.modules, [module]: options } }));
    await api.call("reload_config");
  };
  return {
    setPartners: (one, other) => change("mod_kontor_tenants", { tenants: { [one]: [other], [other]: [one] } }),
    setFeedSeconds: (_host, seconds) => change("mod_kontor_visibility", { feed_seconds: seconds }),
  };
}
