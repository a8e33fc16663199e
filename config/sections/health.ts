import { z } from "zod";
import { host, portOrOff } from "./types.ts";

/** Where processes without an HTTP door answer /healthz, /readyz and /metrics. */
export const health = z
  .strictObject({
    host: host.default("127.0.0.1").describe("Address of the health listeners."),
    componentsPort: portOrOff.default(0).describe("Health port of the components process; 0 is off."),
    workerPort: portOrOff.default(0).describe("Health port of the worker process; 0 is off."),
  })
  .describe("Where processes without an HTTP door answer /healthz, /readyz and /metrics.");
