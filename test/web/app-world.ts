import express from "express";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { z } from "zod";
import { createApp } from "../../gateway/http/index.ts";
import { KontorError } from "../../platform/errors.ts";
import { route } from "../../platform/http.ts";
import type { Log } from "../../platform/log.ts";
import { createMetrics } from "../../platform/metrics.ts";
import { tokenFor } from "../support/principal.ts";

/** The one token that the app below accepts: of tenant amt-nord, for reading rooms. */
export const TOKEN = "Bearer good-token-of-amt-nord";
const tenants = [
  { id: "amt-nord", name: "Amt Nord", domain: "amt-nord.localhost" },
  { id: "klub", name: "<Klub> & Co", domain: "klub.localhost" },
];

export const routes = [
  route({
    method: "get",
    path: "/tenants/{tenant}/rooms",
    summary: "Rooms",
    scope: "rooms:read",
    params: z.object({ tenant: z.string() }),
    query: z.object({ limit: z.coerce.number().int().min(1).max(10).default(10) }),
    response: z.object({ limit: z.number() }),
    handle: async ({ query }) => query,
  }),
  route({
    method: "post",
    path: "/tenants/{tenant}/links",
    summary: "A link",
    scope: "links:write",
    params: z.object({ tenant: z.string() }),
    body: z.object({ channel: z.string().max(50) }),
    status: 201,
    response: z.object({ channel: z.string() }),
    problems: ["conflict"],
    handle: async ({ body }) => body,
  }),
  route({
    method: "delete",
    path: "/tenants/{tenant}/broken",
    summary: "Fails as a defect does",
    scope: "rooms:read",
    params: z.object({ tenant: z.string() }),
    status: 204,
    handle: async () => {
      throw new TypeError("secret inner detail");
    },
  }),
];

interface Line {
  readonly message: string;
  readonly [field: string]: unknown;
}

/** The HTTP door over parts that are plain values, and the lines it logs. */
export function world(
  options: { readonly failures?: number; readonly tenantsAway?: boolean; readonly trustedProxies?: string[] } = {},
) {
  const lines: Line[] = [];
  const logWith = (base: object): Log => {
    const write = (message: string, fields: object = {}) => {
      lines.push({ message, ...base, ...fields });
    };
    const with_ = (fields: object) => logWith({ ...base, ...fields });
    return { error: write, warn: write, info: write, debug: write, with: with_ };
  };
  const files = express.Router();
  files.get("/:tenant/:id/:name", (_request, response) => {
    response.send("bytes");
  });
  let ids = 0;
  const metrics = createMetrics("gateway");
  const app = createApp({
    routes,
    fileRouter: files,
    authenticate: async ({ headers }) => {
      if (headers.authorization !== TOKEN) throw new KontorError("not-authorized", "Send a token");
      return tokenFor("amt-nord", "rooms:read");
    },
    failedSignIns: new RateLimiterMemory({ points: options.failures ?? 100, duration: 60 }),
    ...(options.trustedProxies ? { trustedProxies: options.trustedProxies } : {}),
    chat: {
      websocketUrl: "wss://xmpp.example.org:5281/xmpp-websocket",
      publicUrl: "https://files.example.org",
      tenants: async () => {
        if (options.tenantsAway) throw new KontorError("unavailable");
        return tenants;
      },
    },
    metrics,
    log: logWith({}),
    clock: () => 0,
    newId: () => `made-id-${++ids}`,
    version: "1.2.3",
  });
  return { app, lines, metrics };
}
