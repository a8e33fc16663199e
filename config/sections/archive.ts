import { z } from "zod";

/** People's own archives (one-to-one messages), which the XMPP server keeps in PostgreSQL. */
export const archive = z
  .strictObject({
    url: z
      .url({ protocol: /^postgres(ql)?$/ })
      .meta({ secret: true })
      .optional()
      .describe(
        "Connection to the XMPP server's database, as the role below. Without it people's own archives are neither read nor deleted here.",
      ),
    adminUrl: z
      .url({ protocol: /^postgres(ql)?$/ })
      .meta({ secret: true })
      .optional()
      .describe("Connection that the XMPP server itself has, as owner of its tables, for migrations only."),
    server: z.enum(["prosody", "ejabberd"]).default("prosody").describe("Whose tables they are, for migrations only."),
    role: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, "a PostgreSQL role name in lower case")
      .default("kontor_archive")
      .describe("Role that reads and deletes messages of one host at a time and can do nothing else."),
    poolSize: z.int().min(1).max(50).default(4).describe("Connections one process keeps at most."),
  })
  .describe("People's own archives (one-to-one messages), which the XMPP server keeps in PostgreSQL.");
