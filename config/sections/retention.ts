import { z } from "zod";

/** Deletion on time. */
export const retention = z
  .strictObject({
    schedule: z
      .string()
      .regex(/^(\S+\s+){4,5}\S+$/, "a cron expression of five or six fields")
      .meta({ form: "a cron expression of five or six fields" })
      .default("5 * * * *")
      .describe(
        "When the rules run, as a cron expression. Each turn deletes ahead to the next one, so that nothing outlives its period: the rarer the turns, the earlier data goes.",
      ),
    timeZone: z
      .string()
      .regex(/^[A-Za-z0-9_+/-]{1,64}$/, "an IANA time zone")
      .default("Europe/Berlin")
      .describe("Time zone of the schedule."),
    allowAsOf: z
      .boolean()
      .default(false)
      .describe("Demo and tests only: lets a run be given another 'now', and thus delete early."),
  })
  .describe("Deletion on time.");
