import { isIP } from "node:net";
import { z } from "zod";
import { host, port } from "./types.ts";

/** An address, or a network such as 10.0.0.0/8. */
function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

const networks = z
  .string()
  .max(4096)
  .default("")
  .transform((text) => text.split(",").flatMap((each) => each.trim() || []))
  .refine((each) => each.every(isNetwork));

/** The gateway's HTTP door. */
export const http = z
  .strictObject({
    host: host.default("127.0.0.1").describe("Address the gateway listens on."),
    port: port.default(8080).describe("Port the gateway listens on."),
    publicUrl: z
      .url({ protocol: /^https?$/ })
      .describe("Base URL of the gateway as clients see it; links to files begin with it."),
    trustedProxies: networks
      .meta({ form: "addresses and networks such as 10.0.0.0/8, separated by commas" })
      .describe(
        "Reverse proxies before the gateway: what their X-Forwarded-For says of the caller is believed. Without any the header is not looked at.",
      ),
  })
  .describe("The gateway's HTTP door.");
