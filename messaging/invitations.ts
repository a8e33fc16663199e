/** Invitations into the rooms of one tenant, by their owner: who waits for an answer, and what the answer is. */
import type { Transaction } from "kysely";
import { bareOf, type Jid } from "../components/jid.ts";
import { KontorError } from "../platform/errors.ts";
import type { Log } from "../platform/log.ts";
import { affiliationOf, type RoomState } from "./core-state.ts";
import type { RoomChanges } from "./room-changes.ts";
import { endTies, inChange, type RoomChange } from "./store-changes.ts";
import {
  endInvitation,
  type InvitationEnd,
  pendingInvitees,
  putInvitations,
  type SentInvitations,
} from "./store-invitations.ts";
import type { Tables } from "./tables.ts";

export interface Invitations {
  /** The change with which these people are invited: it stores the invitations too. */
  within(change: RoomChange, sent: SentInvitations): RoomChange;
  /** They were stored. */
  sent(room: RoomState, sent: SentInvitations): void;
  /** Somebody has entered: who was invited has accepted. */
  entered(room: RoomState, bare: string): void;
  /** Somebody does not come. Gives who invited; throws `not-found` where `to` (or anybody) did not. */
  declined(room: RoomState, bare: string, to: Jid, reason: string | undefined): Promise<string>;
  /** The message with this id came back from somebody: where it was an invitation that waits, it has failed. */
  cameBack(
    room: RoomState,
    bare: string,
    letter: string,
    why: Pick<InvitationEnd, "problem" | "reason">,
  ): Promise<void>;
  /**
   * Takes an invitation back that waits, within `alone`, with the membership that it gave; tells whether it gave one.
   * Throws `not-found` where none waits.
   */
  withdraw(room: RoomState, change: RoomChange, invitee: string): Promise<boolean>;
}

export function roomInvitations({ alone, changeOf }: Pick<RoomChanges, "alone" | "changeOf">, log: Log): Invitations {
  /** Who has not answered yet, with the id of the message; read once, when a room that was loaded first needs it. */
  const waiting = new WeakMap<RoomState, Promise<Map<string, string>>>();

  const waitingIn = (room: RoomState): Promise<Map<string, string>> => {
    const known = waiting.get(room);
    if (known) return known;
    const { db, tenant, roomId, now } = changeOf(room, room.jid, "room");
    const reading = pendingInvitees(db, { tenant: tenant.id, roomId }, now);
    waiting.set(room, reading);
    reading.catch(() => waiting.delete(room));
    return reading;
  };

  const answer = async (
    room: RoomState,
    invitee: string,
    given: InvitationEnd,
    isFor: (inviter: string) => boolean,
  ): Promise<string> => {
    const change = changeOf(room, invitee, "invited", given.reason);
    let inviter = "";
    await inChange(change, async (trx) => {
      ({ inviter } = await end(trx, change, invitee, given));
      if (!isFor(inviter)) throw new KontorError("not-found", "That person did not invite you");
      return { action: "room:invitation", before: { state: "pending" }, after: { state: given.state } };
    });
    return inviter;
  };

  return {
    within: (change, sent) => ({
      ...change,
      also: (trx) =>
        putInvitations(
          trx,
          { tenant: change.tenant.id, roomId: change.roomId },
          { inviter: change.by, ...sent },
          change.now,
        ),
    }),
    sent: (room, { invitees, letter }) => {
      const note = (all: Map<string, string>) => {
        for (const invitee of invitees) all.set(invitee, letter);
      };
      waitingIn(room).then(note, (error: unknown) => log.debug("Invitations were not read", { error }));
    },
    entered: (room, bare) => {
      const accept = async () => {
        const all = await waitingIn(room);
        const letter = all.get(bare);
        if (letter === undefined) return;
        all.delete(bare);
        await alone(room, () => answer(room, bare, { state: "accepted" }, () => true)).catch((error: unknown) => {
          if (!(error instanceof KontorError && error.code === "not-found")) all.set(bare, letter);
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
    cameBack: async (room, bare, letter, why) => {
      if ((await waitingIn(room)).get(bare) !== letter) return;
      await alone(room, async () => {
        const all = await waitingIn(room);
        // It was answered, or sent anew, while this waited for its turn.
        if (all.get(bare) !== letter) return;
        const change = changeOf(room, room.jid, "room");
        await inChange(change, async (trx) => {
          await end(trx, change, bare, { state: "failed", ...why });
          const after = { jid: bare, state: "failed", problem: why.problem };
          return { action: "room:invitation", before: { jid: bare, state: "pending" }, after };
        });
        all.delete(bare);
      });
    },
    withdraw: async (room, change, invitee) => {
      let unmade = false;
      await inChange(change, async (trx) => {
        const { madeMember } = await end(trx, change, invitee, { state: "withdrawn", reason: change.reason });
        // What somebody became since is no gift of the invitation any more.
        unmade = madeMember && affiliationOf(room, invitee) === "member";
        if (unmade) await endTies(trx, change, [invitee]);
        const [before, after] = unmade ? [{ affiliation: "member" }, { affiliation: "none" }] : [];
        return {
          action: "room:invitation",
          before: { jid: invitee, state: "pending", ...before },
          after: { jid: invitee, state: "withdrawn", ...after },
        };
      });
      (await waitingIn(room)).delete(invitee);
      return unmade;
    },
  };
}

/** Throws `not-found` where none waits: who was not invited says nothing through a room, and learns nothing of it. */
async function end(
  trx: Transaction<Tables>,
  { tenant, roomId, now }: RoomChange,
  invitee: string,
  how: InvitationEnd,
): Promise<{ readonly inviter: string; readonly madeMember: boolean }> {
  const ended = await endInvitation(trx, { tenant: tenant.id, roomId }, { invitee, ...how }, now);
  if (!ended) throw new KontorError("not-found", "That invitation is not known any more");
  return ended;
}
