/** Messages on their way into the log of a room: committed, then reflected, or refused to their sender. */
import type { DoorContext } from "../components/door.ts";
import { errorReply, x } from "../components/stanza.ts";
import { KontorError } from "../platform/errors.ts";
import { wake } from "../platform/wake.ts";
import { type CommitEntry, FencedError } from "./commit.ts";
import { reflect, withArchiveId } from "./core-message.ts";
import type { Effect, LogDraft, RoomState } from "./core-state.ts";
import { roomLogTopic } from "./log.ts";
import { type Loaded, loadedOf, type RoomTable } from "./room-table.ts";
import type { RoomsDeps } from "./rooms-deps.ts";

/** Hands a message to the group commit; `settled` is called once, with its archive id or with why it has none. */
export type Append = (room: RoomState, draft: LogDraft, settled: (id: string | undefined, why?: Error) => void) => void;

export function roomAppends(
  context: DoorContext,
  deps: RoomsDeps,
  table: RoomTable,
  then: { readonly apply: (room: RoomState, effects: readonly Effect[]) => void; readonly forget: () => void },
): Append {
  const tenant = context.tenant.id;

  const entryOf = ({ state: room, fence, nextSeq }: Loaded, draft: LogDraft, at: Date): CommitEntry => {
    const id = deps.newId();
    return {
      tenant,
      fence,
      roomId: room.id,
      seq: nextSeq,
      id,
      at,
      sender: draft.sender,
      nick: draft.nick,
      occupantId: draft.occupantId,
      origin: draft.origin ?? null,
      originRef: draft.originRef ?? null,
      stanza: withArchiveId(draft.stanza, id, room).toString(),
      body: draft.body ?? null,
      subject: draft.subject,
      held: draft.held,
      command: draft.command,
      erasure: draft.erasure && { ...draft.erasure, domain: context.tenant.domain },
    };
  };

  /** Tells the sender; from another network there is nobody to tell, and the message stays in the inbox. */
  const refuse = (room: RoomState, draft: LogDraft, error: Error) => {
    if (draft.held !== undefined) context.release(draft.held);
    if (draft.session === undefined) return;
    const { id } = draft.stanza.attrs;
    const original = x("message", { from: draft.session, to: room.jid, id, type: "groupchat" });
    const reply = errorReply(original, error);
    if (reply) context.send(reply);
  };

  /** Rooms whose log has something new. Its readers are told once for a whole commit, and after the occupants. */
  const news = new Set<string>();
  const tellReaders = (roomId: string) => {
    if (news.size === 0) {
      setImmediate(() => {
        for (const room of news) void wake(deps.redis, roomLogTopic, { tenant, room }, context.log);
        news.clear();
      });
    }
    news.add(roomId);
  };

  return (room, draft, settled) => {
    const loaded = loadedOf(table, room);
    let placed = false;
    const closed = () => {
      loaded.open -= 1;
      if (loaded.open === 0) loaded.onSettled?.();
    };
    deps.committer.append({
      place: (at) => {
        const entry = entryOf(loaded, draft, at);
        loaded.nextSeq += 1;
        placed = true;
        return entry;
      },
      committed: (entry) => {
        const effects = reflect(room, { ...draft, seq: entry.seq });
        for (const effect of effects) {
          if (effect.do === "send" && effect.stanza === draft.stanza) deps.onReflected(effect.to.length);
        }
        then.apply(room, effects);
        closed();
        settled(entry.id);
        tellReaders(room.id);
      },
      failed: (error) => {
        // One that never had a number gives none back: those of a batch in doubt may be in the log.
        if (placed) loaded.nextSeq = room.lastSeq + 1;
        closed();
        settled(undefined, error);
        if (error instanceof FencedError) then.forget();
        refuse(room, draft, error instanceof FencedError ? new KontorError("unavailable") : error);
      },
    });
    loaded.open += 1;
  };
}
