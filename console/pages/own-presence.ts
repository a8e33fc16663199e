import * as z from "zod/mini";

export const absenceShape = z.object({ until: z.string(), text: z.string() });
export type Absence = z.infer<typeof absenceShape>;

/** From the widest to the narrowest. */
export const audiences = ["everyone", "contacts", "groups", "nobody"] as const;

export const ownPresenceShape = z.object({
  audience: z.nullable(z.enum(audiences)),
  effective: z.enum(audiences),
  hideTimes: z.boolean(),
  outOfOffice: z.nullable(absenceShape),
  badge: z.nullable(z.object({ svg: z.string(), json: z.string(), shown: z.boolean() })),
  version: z.number(),
});
export type OwnPresence = z.infer<typeof ownPresenceShape>;

/** What is chosen from; to be seen by everyone is what holds unless the tenant says less. */
export const audienceChoices = ["tenant", "contacts", "groups", "nobody"] as const;
export type AudienceChoice = (typeof audienceChoices)[number];

export const choiceOf = (audience: OwnPresence["audience"]): AudienceChoice =>
  audience === null || audience === "everyone" ? "tenant" : audience;

/** Whether the tenant's rules hide more than the person has chosen to. */
export const narrowed = ({ audience, effective }: Pick<OwnPresence, "audience" | "effective">): boolean =>
  audience !== null && audiences.indexOf(effective) > audiences.indexOf(audience);

const pad = (number: number, length = 2) => String(number).padStart(length, "0");

/** A local day as fields of dates have it. */
export const dayOf = (at: Date): string => `${pad(at.getFullYear(), 4)}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;

/** The last local day of what ends at a time: what ends at midnight ends with the day before. */
export const lastDayOf = (until: string): string => dayOf(new Date(Date.parse(until) - 1));

/** The midnight after a local day; undefined for what is no day. */
export function endOfDay(day: string): Date | undefined {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? [];
  if (!year) return undefined;
  const end = new Date(Number(year), Number(month) - 1, Number(date) + 1);
  return Number.isNaN(end.getTime()) ? undefined : end;
}
