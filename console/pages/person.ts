import * as z from "zod/mini";

export const personStatuses = ["invited", "active", "disabled", "deleted"] as const;

export const personShape = z.object({
  id: z.string(),
  localpart: z.string(),
  name: z.string(),
  email: z.nullable(z.string()),
  status: z.enum(personStatuses),
  account: z.enum(["none", "pending", "present", "failed"]),
  roles: z.array(z.string()),
  version: z.number(),
});
export type PersonRow = z.infer<typeof personShape>;

/** A person as read alone. */
export const personWithGroups = z.extend(personShape, {
  groups: z.array(z.object({ id: z.string(), name: z.string() })),
});
export type PersonWithGroups = z.infer<typeof personWithGroups>;

/** A link by which a person sets a password; shown once. */
export const invitationShape = z.object({ link: z.string() });

/** What may happen to a person, as the API's paths name it. */
export type PersonTurn = "invitation" | "password-reset" | "disable" | "enable" | "delete";

const turns: Readonly<Record<PersonRow["status"], readonly PersonTurn[]>> = {
  invited: ["invitation", "delete"],
  active: ["password-reset", "disable", "delete"],
  disabled: ["enable", "delete"],
  deleted: [],
};

/** What may be done next with a person of a status. */
export const turnsOf = (status: PersonRow["status"]): readonly PersonTurn[] => turns[status];
