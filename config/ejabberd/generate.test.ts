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
  plainStreams: false,
  maxStanzaBytes: 262_144,
};
const shape = z.looseObject({
  hosts: z.array(z.string()),
  listen: z.array(
    z.looseObject({ module: z.string(), hosts: z.record(z.string(), z.object({ password: z.string() })).optional() }),
  ),
  host_config: z.record(z.string(), z.object({ acl: z.record(z.string(), z.object({ server: z.array(z.string()) })) })),
});
const configOf = (secretOf: (domain: string) => string) => shape.parse(JSON.parse(ejabberdConfig(input, secretOf)));

test("each component of each tenant has a secret of its own", () => {
  const { listen, hosts } = configOf((domain) => `secret of ${domain}`);
  expect(hosts).toEqual(["amt.example", "schule.example"]);
  const components = listen.find(({ module }) => module === "kontor_component")?.hosts ?? {};
  expect(Object.keys(components)).toHaveLength(6);
  for (const [domain, { password }] of Object.entries(components)) expect(password).toBe(`secret of ${domain}`);
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
