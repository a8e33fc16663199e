import { z } from "zod";
import { host, portOrOff } from "./types.ts";

/** Where each process answers /healthz, /readyz and /metrics, apart from the gateway's public door. */
export const health = z
  .strictObject({
    host: host.default("127.0.0.1").describe("Address of the health listeners."),
    componentsPort: portOrOff.default(0).describe("Health port of the components process; 0 is off."),
    gatewayPort: portOrOff.default(0).describe("Health port of the gateway process; 0 is off."),
    workerPort: portOrOff.default(0).describe("Health port of the worker process; 0 is off."),
    serverAgentPort: portOrOff.default(0).describe("Health port of the server agent; 0 is off."),
  })
  .describe("Where each process answers /healthz, /readyz and /metrics, apart from the gateway's public door.");
