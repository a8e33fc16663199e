import { z } from "zod";
import { host, port } from "./types.ts";

/** The XMPP server beside which the components run. */
export const xmpp = z
  .strictObject({
    componentHost: host.default("127.0.0.1").describe("Where the server takes component streams (XEP-0114)."),
    componentPort: port.default(5347).describe("Its port for component streams."),
    secret: z
      .string()
      .min(32)
      .max(1024)
      .meta({ secret: true })
      .describe("Master from which the secret of every component stream is derived (HMAC-SHA256 over its domain)."),
    websocketUrl: z
      .url({ protocol: /^wss?$/ })
      .describe("WebSocket of the server as browsers reach it (RFC 7395): wss://host/xmpp-websocket."),
    c2sHost: host.default("127.0.0.1").describe("Where the server takes client streams."),
    c2sPort: port.default(5222).describe("Its port for client streams."),
    maxStanzaBytes: z
      .int()
      .min(10_000)
      .max(10_485_760)
      .default(262_144)
      .describe("Longest stanza in bytes; a longer one closes the stream with policy-violation."),
  })
  .describe("The XMPP server beside which the components run.");
