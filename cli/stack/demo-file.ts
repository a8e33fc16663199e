import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { demoBridge, demoTenants } from "../../config/demo.ts";
import { StackError } from "./error.ts";
import type { Home } from "./home.ts";
import { websocketUrl } from "./parts/prosody.ts";
import { type Secrets, writePrivate } from "./secrets.ts";

const person = z.object({ jid: z.string(), password: z.string(), roles: z.array(z.string()) });
const demoWorld = z.object({
  xmpp: z.object({ host: z.string(), port: z.int(), tls: z.enum(["starttls"]), websocket: z.string() }),
  http: z.string(),
  token: z.string(),
  tenants: z.array(
    z.object({ id: z.string(), domain: z.string(), rooms: z.string(), upload: z.string(), people: z.array(person) }),
  ),
  irc: z.object({ host: z.string(), port: z.int(), channel: z.string(), room: z.string() }),
});

/** Addresses and sign-ins of a running demo, as `.kontor/demo.json` holds them. */
export type Demo = z.infer<typeof demoWorld>;

const pathOf = (home: Home): string => join(home.folder, "demo.json");

/** Puts the demo's addresses and sign-ins together and writes them, for the owner's eyes only. */
export function writeDemo(home: Home, secrets: Secrets): Demo {
  const bridged = demoTenants.find(({ id }) => id === demoBridge.tenantId);
  const demo: Demo = {
    xmpp: { host: "127.0.0.1", port: home.ports.clients, tls: "starttls", websocket: websocketUrl(home) },
    http: `http://127.0.0.1:${home.ports.http}`,
    token: secrets.token ?? "",
    tenants: demoTenants.map(({ id, domain, people }) => ({
      ...{ id, domain, rooms: `rooms.${domain}`, upload: `upload.${domain}` },
      people: people.map(({ user, roles }) => {
        const jid = `${user}@${domain}`;
        return { jid, password: secrets.people[jid] ?? "", roles: [...roles] };
      }),
    })),
    irc: {
      ...{ host: "127.0.0.1", port: home.ports.irc, channel: demoBridge.channel },
      room: `${demoBridge.room}@rooms.${bridged?.domain}`,
    },
  };
  writePrivate(pathOf(home), demo);
  return demo;
}

/** The demo of a home that was started before. Throws StackError when there is none. */
export function readDemo(home: Home): Demo {
  try {
    return demoWorld.parse(JSON.parse(readFileSync(pathOf(home), "utf8")));
  } catch {
    throw new StackError(`no demo in ${home.folder}; start it with './kontor up'`);
  }
}

/** What `up` prints at its end. */
export function demoText(home: Home, demo: Demo): string {
  const people = demo.tenants.flatMap((tenant) => [
    `  ${tenant.id}`,
    ...tenant.people.map(({ jid, password, roles }) => `    ${jid.padEnd(38)} ${password}  ${roles.join(", ")}`),
  ]);
  return [
    "",
    `Chat page   ${demo.http}/chat`,
    `Console     ${demo.http}/console`,
    `API         ${demo.http}/api/v1/openapi.json  (token in ${pathOf(home)})`,
    `XMPP        ${demo.xmpp.host}:${demo.xmpp.port} (STARTTLS offered), ${demo.xmpp.websocket}`,
    `IRC         ${demo.irc.host}:${demo.irc.port} ${demo.irc.channel}  <->  ${demo.irc.room}`,
    "Sign-ins (address, password, role)",
    ...people,
    "",
  ].join("\n");
}
