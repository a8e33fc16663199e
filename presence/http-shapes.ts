/** What the REST door of presence takes and gives. */
import { z } from "zod";
import { deviceKinds, shows } from "./core.ts";

export const tenantPath = z.object({ tenant: z.string().min(1).max(63) });

// PostgreSQL refuses a text with NUL, and no local part has a control character (RFC 7622 3.3).
export const plainText = (text: string): boolean => !/[\u0000-\u001f]/u.test(text);

/** As it is compared. */
export const localpart = z
  .string()
  .min(1)
  .max(255)
  .refine(plainText, "is no local part")
  .transform((text) => text.normalize("NFC").toLowerCase());

const MAX_ASKED = 100;
// Percent-encoded it has to fit into the head of a request.
const MAX_LENGTH = 1_500;
export const localparts = z
  .string()
  .min(1)
  .max(MAX_LENGTH)
  .transform((text) => text.split(","))
  .pipe(z.array(localpart).min(1).max(MAX_ASKED))
  .describe(`Local parts with commas between them, ${MAX_ASKED} at most.`);

export const searchText = z.string().trim().min(1).max(100).describe("Part of name or local part, without case.");

export const shown = z.enum([...shows, "offline", "unknown"]);
export const time = z.iso.datetime().nullable();

const device = z.object({
  resource: z.string(),
  kind: z.enum(deviceKinds).nullable().describe("Of its client (XEP-0030); null: not known, or not yet."),
  show: z.enum(shows),
  status: z.string().nullable(),
  priority: z.int().min(-128).max(127),
  since: time,
  idleSince: time,
});

export const personPresence = z.object({
  localpart: z.string(),
  jid: z.string(),
  name: z.string(),
  groups: z.array(z.string()).describe("Ids of the groups shown in rosters that the person is in."),
  available: z.boolean().describe("On a device or in a meeting. False as well where it is unknown."),
  show: shown.describe(
    "Of the device that speaks for the person, dnd in a meeting; unknown while the XMPP server cannot be heard, and to " +
      "whoever may not see it.",
  ),
  status: z.string().nullable(),
  since: time.describe("When that device said so; null where times are hidden."),
  idleSince: time.describe("Since when nobody has touched it (XEP-0319)."),
  mobileOnly: z.boolean().describe("There are devices to carry around only."),
  meeting: z.object({ since: time }).nullable().describe("In a conference."),
  outOfOffice: z.object({ until: z.iso.datetime(), text: z.string() }).nullable(),
  devices: z.array(device).describe("All available devices, the one that speaks for the person first."),
});
