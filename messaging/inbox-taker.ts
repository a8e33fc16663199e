/** Moves what others left in the inbox into the logs of the rooms, in order and once. */
import type { DoorContext } from "../components/door.ts";
import { rounds } from "../platform/rounds.ts";
import { farMessage } from "./core-message.ts";
import type { LogDraft, RoomState } from "./core-state.ts";
import { type InboxMessage, readInbox } from "./inbox.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { roomName } from "./store.ts";

const PAGE = 200;

/**
 * Gives the function that empties the inbox of a tenant while `mayTake`. It never rejects; called again while it works,
 * it looks once more. A page is read only when everything of the page before was committed or refused: so nothing is
 * taken twice, and what was refused is the first to be taken again.
 */
export function inboxTaker(
  context: DoorContext,
  rooms: Rooms,
  deps: RoomsDeps,
  mayTake: () => boolean,
): () => Promise<void> {
  const empty = rounds(
    async () => {
      const page = await readInbox(deps.db, rooms.tenant, PAGE);
      const taken = await takePage(page);
      return taken && page.length === PAGE ? "more" : "done";
    },
    (error) => context.log.debug("The inbox could not be read; it is read again soon", { error }),
  );

  /** Whether all of a page were committed. */
  const takePage = async (page: readonly InboxMessage[]): Promise<boolean> => {
    const found = new Map<string, RoomState | undefined>();
    for (const { roomId } of page) if (!found.has(roomId)) found.set(roomId, await roomOf(roomId));
    // All are appended in one turn, so that they share a commit and none overtakes one that is refused.
    const work: Promise<string | undefined>[] = [];
    let full = false;
    for (const message of page) {
      const room = found.get(message.roomId);
      if (!room) continue;
      // The rest stays where it is until the tenant's minute has room again: nothing is lost, nothing overtakes.
      full = !hasRoom();
      if (full) break;
      work.push(rooms.append(room, draftOf(room, message)));
    }
    const results = await Promise.allSettled(work);
    return !full && results.every((result) => result.status === "fulfilled" && result.value !== undefined);
  };

  /** Whether the tenant's quota lets one more in, which is counted then. */
  const hasRoom = (): boolean => {
    try {
      rooms.quota.count();
      return true;
    } catch (error) {
      context.log.debug("The inbox waits for the tenant's quota", { error });
      return false;
    }
  };

  const roomOf = async (roomId: string): Promise<RoomState | undefined> => {
    const name = await roomName(deps.db, rooms.tenant, roomId);
    return name === undefined ? undefined : rooms.withRoom(name, (room) => room);
  };

  const draftOf = (room: RoomState, message: InboxMessage): LogDraft => {
    const { source: link, id: ref, farUser, nick, body } = message;
    const occupantId = rooms.occupantId(room, `${link} ${farUser}`);
    return farMessage(room, { link, ref, farUser, nick, body, occupantId });
  };

  return () => empty(mayTake);
}
