import { z } from "zod";

/** A host name or address to bind or to reach. */
export const host = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,253}$/, "a host name or address")
  .meta({ form: "a host name or address" });

/** A TCP port. */
export const port = z.int().min(1).max(65_535);

/** A TCP port, or 0 where the listener is off. */
export const portOrOff = z.int().min(0).max(65_535);
