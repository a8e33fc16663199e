/** Ad-hoc commands at a room: what moderators, administrators and owners do there, by forms. */
import type { FormField } from "../components/xep/xep-0004-data-forms.ts";
import { KontorError } from "../platform/errors.ts";
import { type Performed, perform } from "./commands.ts";
import { type Answers, answer, type Command, type Outcome } from "./core-adhoc.ts";
import type { Asker } from "./core-admin.ts";
import { insideRoles } from "./core-config.ts";
import { clearedSubject } from "./core-message.ts";
import { administers, affiliationOf, nickKey, type RoomState } from "./core-state.ts";
import { fieldsIn, type Language } from "./form-fields.ts";
import type { Rooms } from "./rooms.ts";

const NODE = "urn:kontor:room";
/** With more people inside, a nick is typed and not chosen. */
const MAX_CHOICE = 200;
const affiliations = ["owner", "admin", "member", "none", "outcast"] as const;

/** Who asks, and by which roles in the tenant he counts as more than the room says. */
export interface RoomAsker extends Asker {
  readonly roles: readonly string[] | undefined;
}

/** All commands of a room; those that the asker may not execute say so. */
export function roomCommands(
  rooms: Rooms,
  room: RoomState,
  asker: RoomAsker,
  language: Language,
  now: () => number,
): Command[] {
  const { field, choice, words } = fieldsIn(language);
  const mine = asker.as ?? affiliationOf(room, asker.bare);
  const moderates = administers(mine) || asker.occupant?.role === "moderator";
  const done: Outcome = { note: words({ de: "Erledigt.", en: "Done." }) };

  const doing = async (given: Answers, command: Performed): Promise<Outcome> => {
    await rooms.alone(room, () => {
      const as = administers(mine) ? mine : (asker.occupant?.role ?? "none");
      const change = { ...rooms.changeOf(room, asker.bare, as, answer(given, "reason")), roles: asker.roles };
      return perform(rooms, room, { change, asker }, command);
    });
    return done;
  };
  const occupantId = (given: Answers): string => {
    const occupant = room.occupants.get(nickKey(answer(given, "nick") ?? ""));
    if (!occupant) throw new KontorError("not-found", "There is nobody with that nick");
    return occupant.occupantId;
  };
  const nick = (): FormField => {
    const nicks = [...room.occupants.values()].flatMap((each) => (each.far ? [] : [each.nick]));
    const chosen = { type: "list-single", options: nicks.map((value) => ({ value, label: value })) };
    return field("nick", "nick", { required: true, ...(nicks.length <= MAX_CHOICE ? chosen : {}) });
  };
  const reason = field("reason", "reason");
  const jid = (label: "address" | "domainToo") => field("jid", label, { type: "jid-single", required: true });

  return [
    {
      node: `${NODE}#kick`,
      name: words({ de: "Jemanden hinausbitten", en: "Kick somebody" }),
      allowed: moderates,
      stages: [() => [nick(), reason]],
      run: (given) =>
        doing(given, { do: "role", occupantId: occupantId(given), role: "none", reason: answer(given, "reason") }),
    },
    {
      node: `${NODE}#role`,
      name: words({ de: "Rolle ändern", en: "Change a role" }),
      allowed: moderates,
      stages: [
        () => [nick()],
        (given) => {
          const now = room.occupants.get(nickKey(answer(given, "nick") ?? ""))?.role;
          return [choice("role", "role", insideRoles, now === "none" ? undefined : now), reason];
        },
      ],
      run: (given) => {
        const role = insideRoles.find((each) => each === answer(given, "role")) ?? "participant";
        return doing(given, { do: "role", occupantId: occupantId(given), role, reason: answer(given, "reason") });
      },
    },
    {
      node: `${NODE}#affiliation`,
      name: words({ de: "Zugehörigkeit ändern", en: "Change an affiliation" }),
      allowed: administers(mine),
      stages: [
        () => [jid("address")],
        (given) => [
          choice("affiliation", "affiliation", affiliations, affiliationOf(room, answer(given, "jid") ?? "")),
          reason,
        ],
      ],
      run: (given) =>
        doing(given, {
          do: "affiliate",
          jid: answer(given, "jid") ?? "",
          affiliation: affiliations.find((each) => each === answer(given, "affiliation")) ?? "none",
          reason: answer(given, "reason"),
        }),
    },
    {
      node: `${NODE}#ban`,
      name: words({ de: "Jemanden ausschließen", en: "Ban somebody" }),
      allowed: administers(mine),
      stages: [() => [jid("domainToo"), reason]],
      run: (given) =>
        doing(given, {
          do: "affiliate",
          jid: answer(given, "jid") ?? "",
          affiliation: "outcast",
          reason: answer(given, "reason"),
        }),
    },
    {
      node: `${NODE}#clear-subject`,
      name: words({ de: "Thema löschen", en: "Clear the subject" }),
      allowed: moderates,
      stages: [],
      run: async () => {
        const by = { bare: asker.bare, occupantId: rooms.occupantId(room, asker.bare), nick: asker.occupant?.nick };
        if (!(await rooms.append(room, clearedSubject(room, by, now())))) throw new KontorError("unavailable");
        return done;
      },
    },
    {
      node: `${NODE}#destroy`,
      name: words({ de: "Raum auflösen", en: "Destroy the room" }),
      allowed: mine === "owner",
      stages: [() => [reason, field("alternate", "alternate", { type: "jid-single" })]],
      run: (given) =>
        doing(given, { do: "destroy", alternate: answer(given, "alternate"), reason: answer(given, "reason") }),
    },
  ];
}
