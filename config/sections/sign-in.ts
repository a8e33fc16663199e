import { z } from "zod";

/** Sign-in through the OpenID providers of tenants. */
export const signIn = z
  .strictObject({
    allowLocalProviders: z
      .boolean()
      .default(false)
      .describe(
        "Lets providers, and the receivers of webhooks, be reached over plain HTTP and at private and loopback addresses. Only for tests, and where all administrators of tenants may reach the net of this installation.",
      ),
  })
  .describe("Sign-in through the OpenID providers of tenants.");
