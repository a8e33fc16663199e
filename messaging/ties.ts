/** Ends what people who are deleted have in the rooms of a tenant, by their owner: so nobody of the same name finds it. */
import type { DoorContext } from "../components/door.ts";
import { localActor, openTies, type PersonTie } from "../identity/index.ts";
import { type Found, rounds } from "../platform/rounds.ts";
import { FencedError } from "./commit.ts";
import type { Effect, RoomState } from "./core-state.ts";
import { insideAs, untied } from "./core-ties.ts";
import type { FormerNames } from "./former-names.ts";
import type { RoleHats } from "./role-hats.ts";
import type { RoomChanges } from "./room-changes.ts";
import type { RoomReader } from "./room-reader.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { storeMemberships } from "./store-changes.ts";
import { finishTies, tiedRooms } from "./store-ties.ts";

export interface Ties {
  /** Ends what waits while `mayRun`. It never rejects; called while it works, it looks once more. */
  look(mayRun: () => boolean): Promise<void>;
}

const PAGE = 50;
/** Somebody whose account still works may come back in as often as he is taken out: the rest is for the next look. */
const ATTEMPTS = 20;

export function roomTies(
  context: DoorContext,
  deps: Pick<RoomsDeps, "db" | "clock" | "newId">,
  rooms: Pick<RoomReader, "own" | "forget" | "withRoom"> &
    Pick<RoomChanges, "alone" | "idle" | "changeOf"> & {
      readonly former: FormerNames;
      readonly hats: Pick<RoleHats, "look">;
      readonly loaded: () => RoomState[];
      readonly apply: (room: RoomState, effects: readonly Effect[]) => void;
    },
): Ties {
  const { tenant, log } = context;

  const untie = (room: RoomState, bare: string, stored: boolean): Promise<void> =>
    rooms.alone(room, async () => {
      const before = room.memberships.get(bare);
      if (stored || before) {
        const change = { ...rooms.changeOf(room, room.jid, "deletion"), actor: localActor("job:rooms") };
        await storeMemberships(change, [{ bare, before, membership: undefined }]);
      }
      rooms.apply(room, untied(room, bare));
    });

  const concerns = (room: RoomState, bare: string) => room.memberships.has(bare) || insideAs(room, bare).length > 0;

  /** The account is gone: whoever is inside under it still, or comes, is somebody else. */
  const leave = (bare: string) => {
    rooms.former.ended(bare);
    for (const room of rooms.loaded()) if (concerns(room, bare)) rooms.apply(room, untied(room, bare));
    rooms.hats.look();
  };

  /** Whether the ties are ended; what is in memory counts as well as what is stored. */
  const end = async (tie: PersonTie, mayRun: () => boolean): Promise<boolean> => {
    const bare = `${tie.localpart}@${tenant.domain}`;
    const done = new Set<string>();
    // What the person asked for before the account was gone comes to its end first.
    await rooms.idle();
    for (let attempt = 0; attempt < ATTEMPTS && mayRun(); ) {
      const fence = await rooms.own();
      const stored = new Set(await tiedRooms(deps.db, tenant.id, bare, PAGE));
      const inMemory = rooms.loaded().filter((room) => concerns(room, bare));
      const names = new Set([...stored, ...inMemory.map(({ name }) => name)]);
      if ([...names].every((name) => done.has(name))) attempt += 1;
      for (const name of names) {
        if (!mayRun()) return false;
        await rooms.withRoom(name, (room) => room && untie(room, bare, stored.has(name)));
        done.add(name);
      }
      const at = { now: new Date(deps.clock()), newId: deps.newId };
      if (names.size > 0) continue;
      const name = rooms.former.hashOf(bare);
      const ended = await finishTies(deps.db, tie, { tenant, fence, bare, name, rooms: done.size, ...at });
      if (ended?.gone) leave(bare);
      if (ended) return true;
    }
    return false;
  };

  const endAll = async (mayRun: () => boolean): Promise<Found> => {
    let found: Found = "done";
    for (const tie of await openTies(deps.db, tenant.id, "rooms", PAGE)) {
      if (!mayRun()) break;
      try {
        if (await end(tie, mayRun)) found = "more";
      } catch (error) {
        if (error instanceof FencedError) {
          rooms.forget();
          break;
        }
        // One that fails must not keep the others.
        log.warn("What a deleted person has in rooms could not be ended; tried again soon", {
          person: tie.person,
          error,
        });
      }
    }
    return found;
  };

  return {
    look: rounds(endAll, (error) => log.debug("Who is deleted could not be read; it is read again soon", { error })),
  };
}
