/** Invitations into the rooms of one tenant, by their owner: who waits for an answer, and what the answer is. */
import { bareOf, type Jid } from "../components/jid.ts";
import { KontorError } from "../platform/errors.ts";
import type { Log } from "../platform/log.ts";
import type { RoomState } from "./core-state.ts";
import type { RoomChanges } from "./room-changes.ts";
import { inChange, type RoomChange } from "./store-changes.ts";
import { answerInvitation, pendingInvitees, putInvitations } from "./store-invitations.ts";

export interface Invitations {
  /** The change with which these people are invited: it stores the invitations too. */
  within(change: RoomChange, invitees: readonly string[]): RoomChange;
  /** They were stored. */
  sent(room: RoomState, invitees: readonly string[]): void;
  /** Somebody has entered: who was invited has accepted. */
  entered(room: RoomState, bare: string): void;
  /** Somebody does not come. Gives who invited; throws `not-found` where `to` (or anybody) did not. */
  declined(room: RoomState, bare: string, to: Jid, reason: string | undefined): Promise<string>;
}

export function roomInvitations({ alone, changeOf }: Pick<RoomChanges, "alone" | "changeOf">, log: Log): Invitations {
  /** Who has not answered yet; read once, when somebody first enters a room that was loaded. */
  const waiting = new WeakMap<RoomState, Promise<Set<string>>>();

  const waitingIn = (room: RoomState): Promise<Set<string>> => {
    const known = waiting.get(room);
    if (known) return known;
    const { db, tenant, roomId, now } = changeOf(room, room.jid, "room");
    const reading = pendingInvitees(db, { tenant: tenant.id, roomId }, now).then((all) => new Set(all));
    waiting.set(room, reading);
    reading.catch(() => waiting.delete(room));
    return reading;
  };

  const answer = async (
    room: RoomState,
    invitee: string,
    given: { readonly state: "accepted" | "declined"; readonly reason?: string | undefined },
    isFor: (inviter: string) => boolean,
  ): Promise<string> => {
    const change = changeOf(room, invitee, "invited", given.reason);
    let found: string | undefined;
    await inChange(change, async (trx) => {
      const at = { tenant: change.tenant.id, roomId: room.id };
      found = await answerInvitation(trx, at, { invitee, ...given }, change.now);
      // Who was not invited says nothing to anybody through a room, and learns nothing of who is inside.
      if (found === undefined) throw new KontorError("not-found", "That invitation is not known any more");
      if (!isFor(found)) throw new KontorError("not-found", "That person did not invite you");
      return { action: "room:invitation", before: { state: "pending" }, after: { state: given.state } };
    });
    return found ?? "";
  };

  return {
    within: (change, invitees) => ({
      ...change,
      also: (trx) =>
        putInvitations(
          trx,
          { tenant: change.tenant.id, roomId: change.roomId },
          { inviter: change.by, invitees },
          change.now,
        ),
    }),
    sent: (room, invitees) => {
      const note = (all: Set<string>) => {
        for (const invitee of invitees) all.add(invitee);
      };
      waitingIn(room).then(note, (error: unknown) => log.debug("Invitations were not read", { error }));
    },
    entered: (room, bare) => {
      const accept = async () => {
        const all = await waitingIn(room);
        if (!all.delete(bare)) return;
        await alone(room, () => answer(room, bare, { state: "accepted" }, () => true)).catch((error: unknown) => {
          if (!(error instanceof KontorError && error.code === "not-found")) all.add(bare);
          throw error;
        });
      };
      accept().catch((error: unknown) =>
        log.debug("That an invitation was accepted was not noted; the next entry tries again", { error }),
      );
    },
    declined: async (room, bare, to, reason) => {
      const byNick = to.resource !== "" && `${to.local}@${to.domain}` === room.jid;
      const inviter = await alone(room, () =>
        answer(room, bare, { state: "declined", reason }, (by) => byNick || bareOf(to) === by),
      );
      (await waitingIn(room)).delete(bare);
      return inviter;
    },
  };
}
