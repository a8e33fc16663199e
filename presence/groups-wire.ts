/** What is said of groups to the server's module (mod_kontor_groups). */
import { z } from "zod";
import { attr, type Element, x } from "../components/stanza.ts";
import { codec } from "../components/xep/codec.ts";
import { partsOf, type RosterGroup } from "./core-groups.ts";

const NS_GROUPS = "urn:kontor:groups:1";

/** The groups that the server holds. */
export const heldGroups = codec({
  name: "groups",
  ns: NS_GROUPS,
  schema: z.object({ groups: z.array(z.object({ id: z.string().min(1).max(64), hash: z.string().min(1).max(128) })) }),
  read: (element) => ({
    groups: element.getChildren("group").map((each) => ({ id: attr(each, "id"), hash: attr(each, "hash") })),
  }),
  write: ({ groups }) => x("groups", { xmlns: NS_GROUPS }, ...groups.map((each) => x("group", each))),
});

export const heldGroupsQuestion = (): Element => x("groups", { xmlns: NS_GROUPS });

export const removedGroup = (id: string): Element => x("group", { xmlns: NS_GROUPS, id, remove: "true" });

/** A group in so many elements as it needs; it holds with the last one. */
export function groupParts({ id, name, hash, members }: RosterGroup): Element[] {
  const parts = partsOf(members);
  return parts.map((part, index) =>
    x(
      "group",
      { xmlns: NS_GROUPS, id, name, hash, part: index + 1, parts: parts.length },
      ...part.map((member) => x("member", { local: member.local, name: member.name })),
    ),
  );
}
