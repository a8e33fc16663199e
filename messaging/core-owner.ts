/** What follows when an owner has changed or ended a room: XEP-0045 10.2.1, 10.9. Pure: state in, effects out. */
import { x } from "../components/stanza.ts";
import { type MucDestroy, mucDestroy, mucUser, NS_MUC_USER, status } from "../components/xep/xep-0045-muc.ts";
import { removal } from "./core-announce.ts";
import { configStatuses, type RoomConfig } from "./core-config.ts";
import { settleQuiet } from "./core-quiet.ts";
import { type Effect, everySession, occupantJid, type RoomState } from "./core-state.ts";

/** The room has this configuration now: all are told, and who is no member of what is for members only is out. */
export function reconfigured(room: RoomState, config: RoomConfig): Effect[] {
  const before = room.config;
  room.config = config;
  room.locked = false;
  const closes = config.membersOnly && !before.membersOnly;
  const strangers = closes
    ? [...room.occupants.values()].filter(({ affiliation, far }) => affiliation === "none" && !far)
    : [];
  const out = strangers.flatMap((each) => removal(room, each, { statuses: [status.nowMembersOnly] }));
  const stanza = x(
    "message",
    { from: room.jid, type: "groupchat" },
    mucUser.write({ statuses: configStatuses(before, config) }),
  );
  return [...out, { do: "send", stanza, to: everySession(room) }, ...settleQuiet(room)];
}

/** The room is no more: each occupant is told, with where to go instead. Its sessions are forgotten. */
export function destroyed(room: RoomState, why: MucDestroy): Effect[] {
  const sessions = everySession(room);
  const goodbyes = [...room.occupants.values()].flatMap((occupant): Effect[] => {
    const to = [...occupant.sessions.keys()];
    const item = x("item", { affiliation: "none", role: "none" });
    const stanza = x(
      "presence",
      { from: occupantJid(room, occupant.nick), type: "unavailable" },
      x("x", { xmlns: NS_MUC_USER }, item, mucDestroy.write(why), x("status", { code: status.self })),
    );
    return to.length > 0 ? [{ do: "send", stanza, to }] : [];
  });
  room.occupants.clear();
  room.looks.clear();
  room.bySession.clear();
  room.withheld.clear();
  room.speakers.clear();
  return [...goodbyes, { do: "remember", sessions }];
}
