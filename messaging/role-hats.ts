/** Has people wear their roles in the tenant as hats, where its rules say so: looked up beside the stanzas, not before. */
import type { DoorContext } from "../components/door.ts";
import { rolesOfPeople } from "../identity/index.ts";
import { announce } from "./core-announce.ts";
import { accountOf, type WornRole, wear, wornRoles } from "./core-hats.ts";
import { type Effect, everySession, type Occupant, type RoomState } from "./core-state.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import type { RulesWatch } from "./rules-watch.ts";

/** So long those who enter are gathered. */
const GATHER_MS = 100;
const PAGE = 500;

export interface RoleHats {
  /** Somebody may have entered. */
  entered(): void;
  /** Roles or the rule may have changed. */
  look(): void;
}

export function roleHats(
  context: DoorContext,
  { db, clock }: Pick<RoomsDeps, "db" | "clock">,
  {
    rules,
    loaded,
    apply,
  }: {
    readonly rules: RulesWatch;
    readonly loaded: () => RoomState[];
    readonly apply: (room: RoomState, effects: readonly Effect[]) => void;
  },
): RoleHats {
  const tenant = context.tenant.id;
  /** By local part, of those who are inside; made anew with each look. */
  let known = new Map<string, readonly WornRole[]>();
  let worn = false;
  let stale = false;
  let working = false;

  const inside = () =>
    loaded().flatMap((room) =>
      [...room.occupants.values()].flatMap((occupant) => {
        const account = accountOf(room, occupant);
        return account === undefined ? [] : [{ room, occupant, account }];
      }),
    );

  const find = async (): Promise<void> => {
    if (stale) known = new Map();
    stale = false;
    const into = known;
    const names = [...new Set(inside().map(({ account }) => account))].filter((account) => !into.has(account));
    for (let at = 0; at < names.length; at += PAGE) {
      const page = names.slice(at, at + PAGE);
      const found = await rolesOfPeople(db, tenant, page, new Date(clock()));
      for (const account of page) into.set(account, wornRoles(found.get(account) ?? []));
    }
  };

  const dress = async (): Promise<void> => {
    const on = rules.now().roleHats;
    if (!on && !worn) return;
    if (on) await find();
    // Who came meanwhile is looked up with the next turn.
    for (const { room, occupant, account } of inside()) {
      const roles = on ? known.get(account) : [];
      if (roles && wear(occupant, roles)) tell(room, occupant);
    }
    worn = on;
  };
  const tell = (room: RoomState, occupant: Occupant) => apply(room, announce(room, occupant, everySession(room), []));

  let gathering = false;
  const soon = () => {
    if (gathering || (!rules.now().roleHats && !worn)) return;
    gathering = true;
    setTimeout(() => void turn(), GATHER_MS).unref();
  };
  const turn = async () => {
    gathering = false;
    if (working) return soon();
    working = true;
    try {
      await dress();
    } catch (error) {
      stale = true;
      context.log.debug("The roles of people in rooms could not be read; they are read again soon", { error });
    } finally {
      working = false;
    }
  };

  return {
    entered: soon,
    look: () => {
      stale = true;
      soon();
    },
  };
}
