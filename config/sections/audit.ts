import { z } from "zod";

/** The log of modifying accesses. */
export const audit = z
  .strictObject({
    signingKey: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe(
        "PEM file of the Ed25519 private key that signs the heads of the audit chains. Without one nothing is signed.",
      ),
    formerKeys: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe(
        "PEM file of the public keys that signed earlier, one behind the other: verifying accepts them as well.",
      ),
  })
  .describe("The log of modifying accesses.");
