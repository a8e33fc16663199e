/** Who may see the presence of whom: the tenant's rules, and what a person hides besides. Pure. */
import { z } from "zod";

/** From the widest to the narrowest; each holds all that follow. Members of shared groups are contacts of each other. */
export const audiences = ["everyone", "contacts", "groups", "nobody"] as const;
export type Audience = (typeof audiences)[number];

/** The rules of a tenant for the presence of its people: the widest that anybody of it may be seen. */
export const presenceRules = z.strictObject({
  within: z.enum(audiences).default("everyone").describe("Who of the tenant sees the presence of its people."),
  partners: z
    .enum(["everyone", "contacts", "nobody"])
    .default("contacts")
    .describe("Who of the tenants that it federates with does."),
  hideTimes: z
    .boolean()
    .default(false)
    .describe("Working-time mode: nobody learns since when somebody is there, away or idle."),
  badges: z.boolean().default(false).describe("Whether people may show their presence on public web pages."),
});
export type PresenceRules = z.output<typeof presenceRules>;
export const defaultPresenceRules: PresenceRules = presenceRules.parse({});

/** What a person has chosen for himself; it can only hide more than the tenant's rules. */
export interface OwnVisibility {
  /** Null: as the tenant has it. */
  readonly audience: Audience | null;
  readonly hideTimes: boolean;
}
export const defaultOwnVisibility: OwnVisibility = { audience: null, hideTimes: false };

/** Who looks, seen from the person that is looked at. */
export type Viewer =
  | { readonly kind: "self" }
  /**
   * A person of the same tenant, or of a partner: `contact` when the one looked at has approved the subscription (RFC
   * 6121 3.1), `sharesGroup` when both are in a group that is shown in rosters.
   */
  | { readonly kind: "tenant" | "partner"; readonly contact: boolean; readonly sharesGroup: boolean }
  /** An API token or a webhook of the tenant: it has no contacts and is in no group. */
  | { readonly kind: "program" }
  /** Whoever has the address of a badge, which its person has asked for. */
  | { readonly kind: "public" };

const narrowest = (one: Audience, other: Audience): Audience =>
  audiences.indexOf(one) > audiences.indexOf(other) ? one : other;

/** Who of the person's own tenant sees him. */
export const audienceWithin = (rules: PresenceRules, own: OwnVisibility): Audience =>
  narrowest(rules.within, own.audience ?? "everyone");

/** Who of partner tenants does. */
const audienceOfPartners = (rules: PresenceRules, own: OwnVisibility): Audience =>
  narrowest(rules.partners, own.audience ?? "everyone");

export const timesHidden = (rules: PresenceRules, own: OwnVisibility): boolean => rules.hideTimes || own.hideTimes;

/** Whether a viewer may see the presence of a person; who may not is told nothing that depends on it. */
export function maySee(viewer: Viewer, rules: PresenceRules, own: OwnVisibility): boolean {
  switch (viewer.kind) {
    case "self":
      return true;
    case "program":
      return audienceWithin(rules, own) === "everyone";
    case "public":
      return rules.badges && audienceWithin(rules, own) !== "nobody";
    case "tenant":
      return within(audienceWithin(rules, own), viewer);
    case "partner":
      return within(audienceOfPartners(rules, own), viewer);
  }
}

/**
 * Whether a viewer finds a person in the directory, with name and address. Colleagues do, whatever the rules of presence
 * are, unless the person has chosen to be seen by nobody; people of partners find whom they may see.
 */
export function isListed(viewer: Viewer, rules: PresenceRules, own: OwnVisibility): boolean {
  return viewer.kind === "tenant" ? own.audience !== "nobody" : maySee(viewer, rules, own);
}

function within(audience: Audience, viewer: { readonly contact: boolean; readonly sharesGroup: boolean }): boolean {
  switch (audience) {
    case "everyone":
      return true;
    case "contacts":
      return viewer.contact || viewer.sharesGroup;
    case "groups":
      return viewer.sharesGroup;
    case "nobody":
      return false;
  }
}
