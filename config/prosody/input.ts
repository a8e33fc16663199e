import { z } from "zod";
import { xmppDomain } from "./domain.ts";

const port = z.int().min(1).max(65_535);
const folder = z.string().min(1);

/** All that a Prosody configuration for N tenants depends on. */
export const prosodyInput = z.strictObject({
  /** `partners` are domains of tenants this one consents to talk to; it counts when both list each other. */
  tenants: z.array(z.strictObject({ domain: xmppDomain, partners: z.array(xmppDomain) })),
  interfaces: z.strictObject({
    clients: z.array(z.string()),
    components: z.array(z.string()),
    http: z.array(z.string()),
  }),
  ports: z.strictObject({ clients: port, components: port, http: port }),
  folders: z.strictObject({
    data: folder,
    /** Prosody looks here for certificates of single hosts. */
    certificates: folder,
    /** Searched in order for modules. */
    plugins: z.array(folder),
    /** Files of the operator's own here (`*.cfg.lua`) are read as well: hosts and components that are no tenant's. */
    own: folder.optional(),
    pidFile: folder.optional(),
    /** Path of the admin socket; at most 107 bytes, as the kernel wants it. */
    adminSocket: folder
      .refine((path) => Buffer.byteLength(path) <= 107, "is longer than a socket path may be")
      .optional(),
  }),
  certificate: z.strictObject({ certificate: folder, key: folder }),
  archive: z.strictObject({
    host: z.string(),
    port,
    database: z.string(),
    user: z.string(),
    password: z.string(),
  }),
  /** Loopback demos only: clients may sign in without TLS (by SCRAM, never by PLAIN). */
  plainStreams: z.boolean(),
  web: z.strictObject({
    /** TLS ends at a proxy before Prosody, so WebSocket and BOSH count as encrypted. */
    behindTls: z.boolean(),
    /** Origins that may use WebSocket and BOSH; "*" lets any. */
    origins: z.union([z.literal("*"), z.array(z.string())]),
    /** URL of the WebSocket as browsers reach it. */
    websocketUrl: z.url(),
  }),
  maxStanzaBytes: z.int().min(10_000),
  /** Bytes a second one client may send over some seconds, as mod_limits has it. */
  clientRate: z.string().regex(/^\d+[kmKM]?b\/s$/),
  /** Runs as root without changing user, where there is no other user. */
  runAsRoot: z.boolean(),
  logLevel: z.enum(["error", "warn", "info", "debug"]),
});

export type ProsodyInput = z.infer<typeof prosodyInput>;
