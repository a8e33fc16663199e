/** XEP-0045 10: the configuration form of a room, for its owners. */
import type { DoorContext } from "../components/door.ts";
import { bareOf } from "../components/jid.ts";
import type { Incoming, IqRoute } from "../components/router.ts";
import { type Element, x } from "../components/stanza.ts";
import { type DataForm, dataForm, formValues, NS_DATA_FORMS } from "../components/xep/xep-0004-data-forms.ts";
import { NS_MUC_OWNER, NS_MUC_ROOMCONFIG, NS_MUC_ROOMINFO } from "../components/xep/xep-0045-muc.ts";
import { KontorError } from "../platform/errors.ts";
import type { RoomConfig, RoomState } from "./core-state.ts";
import type { Rooms, RoomsDeps } from "./rooms.ts";
import { saveConfig } from "./store.ts";

const hidden = (value: string) => ({ var: "FORM_TYPE", type: "hidden", values: [value] });

export const configForm = {
  /** What disco#info tells of a room (15.5.4). */
  info: (room: RoomState): DataForm => ({
    type: "result",
    fields: [
      hidden(NS_MUC_ROOMINFO),
      { var: "muc#roomconfig_roomname", values: [room.config.title] },
      { var: "muc#roominfo_subject", values: [room.subject?.text ?? ""] },
      { var: "muc#roominfo_occupants", values: [String(room.occupants.size)] },
    ],
  }),
  /** What an owner is shown (10.2). */
  form: (room: RoomState): DataForm => ({
    type: "form",
    title: room.name,
    fields: [
      hidden(NS_MUC_ROOMCONFIG),
      { var: "muc#roomconfig_roomname", type: "text-single", label: "Name", values: [room.config.title] },
      {
        var: "muc#roomconfig_publicroom",
        type: "boolean",
        label: "In the directory",
        values: [room.config.listed ? "1" : "0"],
      },
      {
        var: "muc#maxhistoryfetch",
        type: "text-single",
        label: "Messages of history",
        values: [String(room.config.history)],
      },
    ],
  }),
  /** The configuration with what a submitted form changes; throws `not-acceptable` for values out of bounds (10.1.3). */
  apply: (config: RoomConfig, form: DataForm): RoomConfig => {
    const value = (name: string) => formValues(form, name)?.[0];
    const title = value("muc#roomconfig_roomname")?.trim() ?? config.title;
    const listed = value("muc#roomconfig_publicroom");
    const history = Number(value("muc#maxhistoryfetch") ?? config.history);
    if (title === "" || title.length > 200) throw new KontorError("not-acceptable", "A name has 1 to 200 characters");
    if (!Number.isInteger(history) || history < 0 || history > 200) {
      throw new KontorError("not-acceptable", "The history has 0 to 200 messages");
    }
    return { title, listed: listed === undefined ? config.listed : listed === "1" || listed === "true", history };
  },
};

/** The routes of the owner's form. */
export function configRoutes(context: DoorContext, rooms: Rooms, deps: RoomsDeps): IqRoute[] {
  const owned = <R>({ from, to }: Incoming, work: (room: RoomState) => R | Promise<R>) =>
    rooms.withRoom(to.local, (room) => {
      if (!room) throw new KontorError("not-found", "There is no such room");
      if (room.affiliations.get(bareOf(from)) !== "owner")
        throw new KontorError("forbidden", "Only owners configure a room");
      return work(room);
    });
  return [
    {
      to: "bare",
      type: "get",
      ns: NS_MUC_OWNER,
      handle: (incoming) =>
        owned(incoming, (room) => x("query", { xmlns: NS_MUC_OWNER }, dataForm.write(configForm.form(room)))),
    },
    {
      to: "bare",
      type: "set",
      ns: NS_MUC_OWNER,
      handle: (incoming, query) => owned(incoming, (room) => configure(context, deps, room, query)),
    },
  ];
}

async function configure(context: DoorContext, deps: RoomsDeps, room: RoomState, query: Element): Promise<undefined> {
  if (query.getChild("destroy"))
    throw new KontorError("feature-not-implemented", "Rooms can't be destroyed from here yet");
  const element = query.getChild("x", NS_DATA_FORMS);
  if (!element) throw new KontorError("bad-request", "Send the configuration form");
  const form = dataForm.read(element);
  // "Cancel" leaves everything as it is; an empty "submit" takes the defaults (10.1.2).
  if (form.type !== "submit") return undefined;
  const config = configForm.apply(room.config, form);
  await saveConfig(deps.db, context.tenant.id, room.id, config);
  room.config = config;
  return undefined;
}
