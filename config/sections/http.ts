import { z } from "zod";
import { host, port } from "./types.ts";

/** The gateway's HTTP door. */
export const http = z
  .strictObject({
    host: host.default("127.0.0.1").describe("Address the gateway listens on."),
    port: port.default(8080).describe("Port the gateway listens on."),
    publicUrl: z
      .url({ protocol: /^https?$/ })
      .describe("Base URL of the gateway as clients see it; links to files begin with it."),
  })
  .describe("The gateway's HTTP door.");
