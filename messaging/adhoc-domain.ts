/** Ad-hoc commands at the domain of the rooms, for administrators of the tenant. */
import type { Transaction } from "kysely";
import type { DoorContext } from "../components/door.ts";
import { parseJid } from "../components/jid.ts";
import { NS_ADMIN } from "../components/xep/xep-0133-service-administration.ts";
import { audit, xmppActor } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import { perform } from "./commands.ts";
import { type Answers, answer, type Command } from "./core-adhoc.ts";
import { announcement } from "./core-message.ts";
import { fieldsIn, type Language } from "./form-fields.ts";
import { makeRoom } from "./make-room.ts";
import { pageRooms } from "./room-list.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import type { Tables } from "./tables.ts";

const NODE = "urn:kontor:rooms";
const MAX_LISTED = 100;
const PAGE = 100;

/** All commands of the domain. `roles` are those by which the asker may, empty when he may not. */
export function domainCommands(
  context: DoorContext,
  rooms: Rooms,
  deps: RoomsDeps,
  asker: { readonly bare: string; readonly roles: readonly string[] },
  language: Language,
): Command[] {
  const { bare, roles } = asker;
  const tenant = context.tenant.id;
  const { field, words } = fieldsIn(language);
  const allowed = roles.length > 0;
  const actor = (trx: Transaction<Tables>, reason?: string) => xmppActor(trx, context.tenant, bare, roles, reason);
  const now = () => new Date(deps.clock());
  const name = (given: Answers): string => {
    const jid = parseJid(`${answer(given, "name") ?? ""}@${context.domain}`);
    if (!jid || jid.local === "" || jid.resource !== "") throw new KontorError("jid-malformed", "No room is named so");
    return jid.local;
  };
  const page = (text: string | undefined, after: string | undefined, limit: number) =>
    pageRooms(
      deps.db,
      tenant,
      { text, sort: { by: "name", descending: false }, after: after === undefined ? undefined : [after, after], limit },
      now(),
    );

  return [
    {
      node: `${NODE}#list`,
      name: words({ de: "Räume auflisten", en: "List rooms" }),
      allowed,
      stages: [() => [field("text", "text")]],
      run: async (given) => {
        const found = await page(answer(given, "text"), undefined, MAX_LISTED);
        const inside = new Map(rooms.loaded().map((room) => [room.id, room.bySession.size]));
        const columns = { jid: "address", title: "title", occupants: "occupants" } as const;
        const items = found.slice(0, MAX_LISTED).map((row) => {
          const shown = {
            jid: `${row.name}@${context.domain}`,
            title: row.config.title,
            occupants: inside.get(row.id) ?? 0,
          };
          return Object.entries(shown).map(([column, value]) => ({ var: column, values: [String(value)] }));
        });
        const reported = Object.entries(columns).map(([column, label]) => field(column, label));
        const more = words({ de: "Es gibt mehr: suche genauer.", en: "There are more: narrow your search." });
        return {
          form: { type: "result", fields: [], reported, items },
          ...(found.length > MAX_LISTED && { note: more }),
        };
      },
    },
    {
      node: `${NODE}#create`,
      name: words({ de: "Raum anlegen", en: "Create a room" }),
      allowed,
      stages: [
        () => [
          field("name", "room", { required: true }),
          field("title", "title"),
          field("description", "description", { type: "text-multi" }),
          field("membersOnly", "membersOnly", { type: "boolean", values: ["0"] }),
          field("owner", "owner", { type: "jid-single", values: [bare] }),
        ],
      ],
      run: async (given) => {
        const description = (given.get("description") ?? []).join("\n");
        if (description.length > 1_000) throw new KontorError("not-acceptable", "The description is too long");
        const changes = {
          ...(answer(given, "title") && { title: answer(given, "title")?.slice(0, 200) }),
          ...(description && { description }),
          ...(answer(given, "membersOnly") === "1" && { membersOnly: true }),
        };
        await makeRoom(deps, tenant, { name: name(given), owner: answer(given, "owner"), changes }, (trx) =>
          actor(trx),
        );
        return { note: `xmpp:${name(given)}@${context.domain}?join` };
      },
    },
    {
      node: `${NODE}#destroy`,
      name: words({ de: "Raum auflösen", en: "Destroy a room" }),
      allowed,
      stages: [
        () => [field("name", "room", { required: true })],
        () => [
          field("reason", "reason", { required: true }),
          field("alternate", "alternate", { type: "jid-single" }),
          field("confirm", "confirm", { type: "boolean", values: ["0"] }),
        ],
      ],
      run: async (given) => {
        if (answer(given, "confirm") !== "1")
          throw new KontorError("not-acceptable", "Confirm that the room shall end");
        await rooms.inRoom(name(given), (room) =>
          rooms.alone(room, () => {
            const change = { ...rooms.changeOf(room, bare, "owner", answer(given, "reason")), roles };
            const end = {
              do: "destroy" as const,
              alternate: answer(given, "alternate"),
              reason: answer(given, "reason"),
            };
            return perform(rooms, room, { change, asker: { bare, as: "owner", occupant: undefined } }, end);
          }),
        );
        return { note: words({ de: "Der Raum ist aufgelöst.", en: "The room is destroyed." }) };
      },
    },
    {
      // XEP-0133 4.23: to everybody who is there.
      node: `${NS_ADMIN}#announce`,
      name: words({ de: "Mitteilung an alle Räume", en: "Announcement to all rooms" }),
      allowed,
      stages: [
        () => [
          { var: "FORM_TYPE", type: "hidden", values: [NS_ADMIN] },
          field("announcement", "announcement", { type: "text-multi", required: true }),
        ],
      ],
      run: async (given) => {
        const text = (given.get("announcement") ?? []).join("\n").trim();
        await deps.db.withTenants([tenant], async (trx: Transaction<Tables>) => {
          const entry = { tenant, action: "room:announce", object: "rooms", after: { characters: text.length } };
          await audit(trx, await actor(trx), entry, now(), deps.newId);
        });
        let told = 0;
        for (let after: string | undefined; ; ) {
          const found = await page(undefined, after, PAGE);
          for (const row of found.slice(0, PAGE)) {
            const said = await rooms.withRoom(row.name, (room) => {
              if (!room) return undefined;
              const by = { bare, occupantId: rooms.occupantId(room, bare) };
              return rooms.append(room, announcement(room, by, { id: deps.newId(), text }));
            });
            if (said) told += 1;
          }
          after = found[PAGE - 1]?.name;
          if (found.length <= PAGE) break;
        }
        return { note: words({ de: `In ${told} Räumen gesagt.`, en: `Said in ${told} rooms.` }) };
      },
    },
  ];
}
