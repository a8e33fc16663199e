/** XEP-0045 10: what owners do with a room: its configuration form, and its end. */
import { bareOf } from "../components/jid.ts";
import type { Incoming, IqRoute } from "../components/router.ts";
import { attr, type Element, x } from "../components/stanza.ts";
import { type DataForm, dataForm, formType, NS_DATA_FORMS } from "../components/xep/xep-0004-data-forms.ts";
import { mucDestroy, NS_MUC_OWNER, NS_MUC_ROOMCONFIG, NS_MUC_ROOMINFO } from "../components/xep/xep-0045-muc.ts";
import { KontorError } from "../platform/errors.ts";
import { configForm, configured } from "./core-config.ts";
import { destroyed, reconfigured } from "./core-owner.ts";
import { affiliationOf, type RoomState } from "./core-state.ts";
import type { Rooms } from "./rooms.ts";
import { storeConfig } from "./store-changes.ts";

/** What disco#info tells of a room (15.5.4). */
export function roomInfo({ config, subject, occupants, quiet, avatar }: RoomState): DataForm {
  return {
    type: "result",
    fields: [
      { var: "FORM_TYPE", type: "hidden", values: [NS_MUC_ROOMINFO] },
      { var: "muc#roomconfig_roomname", values: [config.title] },
      { var: "muc#roominfo_description", values: [config.description] },
      { var: "muc#roominfo_subject", values: [subject?.text ?? ""] },
      { var: "muc#roominfo_subjectmod", values: [config.openSubject ? "1" : "0"] },
      { var: "muc#roominfo_occupants", values: [String(occupants.size)] },
      { var: "{urn:kontor:rooms}quiet", values: [quiet ? "1" : "0"] },
      // XEP-0486; without a value there is no picture.
      { var: "muc#roominfo_avatarhash", values: avatar === undefined ? [] : [avatar] },
      { var: "muc#roominfo_lang", values: [config.language] },
      { var: "muc#maxhistoryfetch", values: [String(config.history)] },
      { var: "muc#roomconfig_changesubject", values: [config.openSubject ? "1" : "0"] },
      { var: "muc#roomconfig_allowinvites", values: [config.occupantsInvite ? "1" : "0"] },
    ],
  };
}

/** The routes of the owner's form. */
export function ownerRoutes(rooms: Rooms): IqRoute[] {
  const owned = <R>({ from, to }: Incoming, work: (room: RoomState) => R | Promise<R>) =>
    rooms.inRoom(to.local, (room) => {
      if (affiliationOf(room, bareOf(from)) !== "owner") throw new KontorError("forbidden", "This is for owners only");
      return work(room);
    });
  return [
    {
      to: "bare",
      type: "get",
      ns: NS_MUC_OWNER,
      handle: (incoming) =>
        owned(incoming, (room) =>
          x("query", { xmlns: NS_MUC_OWNER }, dataForm.write(configForm(room.config, room.name, languageOf(incoming)))),
        ),
    },
    {
      to: "bare",
      type: "set",
      ns: NS_MUC_OWNER,
      handle: (incoming, query) =>
        owned(incoming, (room) => {
          const destroy = query.getChild("destroy");
          return destroy ? end(rooms, room, incoming, destroy) : configure(rooms, room, incoming, query);
        }),
    },
  ];
}

/** Labels come in the language that the asking client speaks (RFC 6120 8.1.5), German without word of it. */
export const languageOf = ({ stanza }: Incoming): "de" | "en" =>
  /^en\b/i.test(attr(stanza, "xml:lang") ?? "") ? "en" : "de";

async function configure(rooms: Rooms, room: RoomState, { from }: Incoming, query: Element): Promise<undefined> {
  const element = query.getChild("x", NS_DATA_FORMS);
  if (!element) throw new KontorError("bad-request", "Send the configuration form");
  const form = dataForm.read(element);
  const by = bareOf(from);
  return rooms.alone(room, async () => {
    if (form.type === "cancel") {
      // 10.1.2: to cancel the first configuration means not to want the room.
      if (room.locked) await finish(rooms, room, by, {});
      return undefined;
    }
    if (form.type !== "submit") throw new KontorError("bad-request", "Send the form as type submit, or cancel");
    // An empty form takes what is there: the instant room of 10.1.2.
    const of = formType(form);
    if (form.fields.length > 0 && of !== undefined && of !== NS_MUC_ROOMCONFIG) {
      throw new KontorError("bad-request", `This is no form of ${NS_MUC_ROOMCONFIG}`);
    }
    const before = room.config;
    const after = configured(before, form);
    await storeConfig(rooms.changeOf(room, by, "owner"), before, after);
    rooms.apply(room, reconfigured(room, after));
    return undefined;
  });
}

function end(rooms: Rooms, room: RoomState, { from }: Incoming, element: Element): Promise<undefined> {
  const { jid, reason, password } = mucDestroy.read(element);
  return rooms.alone(room, async () => {
    await finish(rooms, room, bareOf(from), { jid, reason, password });
    return undefined;
  });
}

async function finish(rooms: Rooms, room: RoomState, by: string, why: ReturnType<typeof mucDestroy.read>) {
  await rooms.end(room, rooms.changeOf(room, by, "owner", why.reason));
  rooms.apply(room, destroyed(room, why));
}
