/** What people and bots say over the API, by the owner of the room: done with its command, in one transaction. */
import type { Element } from "../components/stanza.ts";
import { KontorError } from "../platform/errors.ts";
import { askedBy, type CommandPayload, type Saying } from "./core-commands.ts";
import { said } from "./core-message.ts";
import { correctionRoot, moderation, retraction } from "./core-retract.ts";
import { messageOf, type Speaker, speakerOf } from "./core-speaker.ts";
import { administers, affiliationOf, type LogDraft, type RoomState } from "./core-state.ts";
import { readEntry } from "./log-reads.ts";
import { findErasable } from "./retract.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";

interface Said {
  readonly id: string;
  readonly payload: CommandPayload;
  readonly command: Saying;
}

/**
 * Gives the archive id. Throws `not-found` for a room or a message that is not there, `forbidden` for who may not speak
 * or for a message of somebody else, `gone` for one that was taken back, `too-many` for the limits of person and tenant.
 */
export async function sayFor(tenant: string, rooms: Rooms, deps: RoomsDeps, asked: Said): Promise<string> {
  const { id, payload } = asked;
  return rooms.inRoom(payload.room, async (room) => {
    const { by, actor } = payload;
    const isBot = !by.includes("@");
    const speaker = speakerOf(room, {
      bare: by,
      name: actor.name,
      occupantId: rooms.occupantId(room, isBot ? `${by} ${actor.who}` : by),
    });
    rooms.rates.message(isBot ? actor.who : by, room.id);
    const draft = await draftOf(tenant, deps, room, speaker, asked);
    rooms.quota.count();
    const stored = await rooms.append(room, { ...draft, command: { id, actor: askedBy(payload) } });
    if (stored === undefined) throw new KontorError("unavailable");
    return stored;
  });
}

async function draftOf(
  tenant: string,
  deps: RoomsDeps,
  room: RoomState,
  speaker: Speaker,
  { id, payload, command }: Said,
): Promise<LogDraft> {
  const now = deps.clock();
  const draft = (message: Element): LogDraft => {
    const [effect] = said(room, speaker, undefined, message, now);
    if (effect?.do !== "append") throw new KontorError("bad-request", "There is nothing to be said in it");
    return effect.draft;
  };
  switch (command.do) {
    case "say":
      return draft(messageOf(id, { body: command.body }));
    case "correct": {
      const { target } = await findErasable(tenant, deps, room, command.message);
      if (target.occupantId !== speaker.occupantId) {
        throw new KontorError("forbidden", "Only who wrote a message corrects it");
      }
      const replaces = correctionRoot(target.stanza);
      if (replaces === undefined) throw new KontorError("not-allowed", "This message has no id to correct it by");
      return draft(messageOf(id, { body: command.body, replaces }));
    }
    case "retract": {
      const found = await findErasable(tenant, deps, room, command.message);
      // Who administers the room takes back what others said, as a moderator inside would (XEP-0425).
      if (found.target.occupantId !== speaker.occupantId && administers(affiliationOf(room, payload.by))) {
        const { reason } = payload.actor;
        if (reason === undefined) throw new KontorError("bad-request", "Say why: header X-Reason");
        return moderation(room, { ...speaker, role: "moderator" }, found, { id: deps.newId(), reason, now });
      }
      return retraction(draft(messageOf(id, { retracts: command.message })), found, now);
    }
    case "react": {
      const target = await readEntry(deps.db, tenant, room.id, command.message, new Date(now));
      if (!target) throw new KontorError("not-found", "The archive has no message with that id (any more)");
      return draft(messageOf(id, { reactions: command.emojis, to: command.message }));
    }
  }
}
