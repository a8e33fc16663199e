import { z } from "zod";

/** PostgreSQL: the truth of the service. */
export const database = z
  .strictObject({
    url: z
      .url({ protocol: /^postgres(ql)?$/ })
      .meta({ secret: true })
      .describe("Connection of the processes, as the role below: postgres://role:password@host:port/database."),
    adminUrl: z
      .url({ protocol: /^postgres(ql)?$/ })
      .meta({ secret: true })
      .optional()
      .describe(
        "Connection of the owner, for migrations, the worker's partitions and verifying. Without it the one above is used.",
      ),
    role: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, "a PostgreSQL role name in lower case")
      .default("kontor_app")
      .describe("Role under which row-level security holds; the owner sets it for ordinary work."),
    poolSize: z.int().min(1).max(200).default(10).describe("Connections one process keeps at most."),
  })
  .describe("PostgreSQL: the truth of the service.");
