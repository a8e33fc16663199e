import { expect, test } from "@jest/globals";
import { z } from "zod";
import { ejabberdConfig } from "./generate.ts";

const input = {
  tenants: [
    { domain: "amt.example", partners: ["schule.example"] },
    { domain: "schule.example", partners: [] },
  ],
  ports: { clients: 5222, components: 5347, http: 5280 },
  apiSocket: "/run/kontor/api.sock",
  certificates: ["/etc/kontor/local.crt"],
  archive: { host: "127.0.0.1", port: 5432, database: "ejabberd", user: "ejabberd", password: "geheim" },
  plainStreams: false,
  maxStanzaBytes: 262_144,
};
const shape = z.looseObject({
  hosts: z.array(z.string()),
  append_host_config: z.record(
    z.string(),
    z.object({
      modules: z.object({ mod_kontor_components: z.object({ secrets: z.record(z.string(), z.string()) }) }),
    }),
  ),
  host_config: z.record(z.string(), z.object({ acl: z.record(z.string(), z.object({ server: z.array(z.string()) })) })),
});
const configOf = (secretOf: (domain: string) => string) => shape.parse(JSON.parse(ejabberdConfig(input, secretOf)));

test("each component of each tenant has a secret of its own", () => {
  const { append_host_config, hosts } = configOf((domain) => `secret of ${domain}`);
  expect(hosts).toEqual(["amt.example", "schule.example"]);
  for (const host of hosts) {
    const { secrets } = append_host_config[host]?.modules.mod_kontor_components ?? {};
    const components = ["rooms", "upload", "presence"].map((prefix) => `${prefix}.${host}`);
    expect(secrets).toEqual(Object.fromEntries(components.map((domain) => [domain, `secret of ${domain}`])));
  }
});

test("a tenant's presence is privileged at its own host alone", () => {
  const { host_config } = configOf(() => "x");
  for (const { domain } of input.tenants) {
    expect(host_config[domain]?.acl.kontor_presence?.server).toEqual([`presence.${domain}`]);
  }
});

test("what is no domain does not get in", () => {
  expect(() => ejabberdConfig({ ...input, tenants: [{ domain: 'a"b', partners: [] }] }, () => "x")).toThrow();
});

test("who consents to whom is told to the module that keeps tenants apart", () => {
  const { modules } = z.looseObject({ modules: z.looseObject({}) }).parse(JSON.parse(ejabberdConfig(input, () => "x")));
  expect(modules.mod_kontor_tenants).toEqual({ tenants: { "amt.example": ["schule.example"], "schule.example": [] } });
});
