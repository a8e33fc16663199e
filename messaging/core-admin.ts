/** Roles and affiliations, their lists and their changes: XEP-0045 8, 9, 10.3-10.8. Pure: state in, effects out. */
import { parseJid } from "../components/jid.ts";
import { x } from "../components/stanza.ts";
import { type Affiliation, type MucItem, mucUser, type Role, status } from "../components/xep/xep-0045-muc.ts";
import { KontorError } from "../platform/errors.ts";
import { checkReserved } from "./core-alike.ts";
import { announce, removal, withheldTo } from "./core-announce.ts";
import { enforcedNick } from "./core-nick.ts";
import { settleQuiet } from "./core-quiet.ts";
import {
  administers,
  affiliationOf,
  compareAffiliations,
  type Effect,
  everySession,
  initialRole,
  type Membership,
  nickKey,
  type Occupant,
  type RoomState,
} from "./core-state.ts";

/** The most ties that one room has. */
const MAX_MEMBERSHIPS = 20_000;

/** Who asks: a bare address, and the occupant that it is inside, if it is. */
export interface Asker {
  readonly bare: string;
  readonly occupant: Occupant | undefined;
  /** What somebody counts as who acts by a role in the tenant; undefined: what the room says. */
  readonly as?: "owner" | "admin" | undefined;
}

const affiliationFor = (room: RoomState, { bare, as }: Asker): Affiliation => as ?? affiliationOf(room, bare);

interface MembershipChange {
  readonly bare: string;
  /** Undefined: no tie any more. */
  readonly membership: Membership | undefined;
}

interface RoleChange {
  readonly occupant: Occupant;
  readonly role: Role;
  readonly reason: string | undefined;
}

/** What was asked for and may be done; the memberships are to be stored first. */
export interface AdminChanges {
  readonly asker: Asker;
  readonly memberships: readonly MembershipChange[];
  readonly roles: readonly RoleChange[];
}

/** A list by affiliation (9.5, 9.2, 10.5, 10.8) or by role (8.5, 9.8). Throws `forbidden`, `bad-request`. */
export function adminList(room: RoomState, asker: Asker, wanted: MucItem): MucItem[] {
  const mine = affiliationFor(room, asker);
  if (wanted.role !== undefined) {
    if (asker.occupant?.role !== "moderator" && !administers(mine)) {
      throw new KontorError("forbidden", "Only moderators read the lists of roles");
    }
    return [...room.occupants.values()]
      .filter((each) => each.role === wanted.role)
      .map(({ nick, role, affiliation, bare }) => ({
        nick,
        role,
        affiliation,
        ...(bare === null ? {} : { jid: bare }),
      }));
  }
  const { affiliation } = wanted;
  if (affiliation === undefined) throw new KontorError("bad-request", "Name a role or an affiliation");
  if (!administers(mine) && !mayReadMembers(room, asker, affiliation)) {
    throw new KontorError("forbidden", "This list is not for you");
  }
  return [...room.memberships]
    .filter(([, each]) => each.affiliation === affiliation)
    .map(([jid, { nick, reason }]) => ({
      affiliation,
      jid,
      ...(nick === undefined ? {} : { nick }),
      ...(reason === undefined || !administers(mine) ? {} : { reason }),
    }));
}

/** Addresses are for occupants only where they would see them anyway, or where all are members. */
function mayReadMembers({ config }: RoomState, { occupant }: Asker, affiliation: Affiliation): boolean {
  if (affiliation === "outcast" || !occupant || occupant.role === "none") return false;
  return config.memberListRoles.includes(occupant.role) && (config.whois === "anyone" || config.membersOnly);
}

/**
 * Checks all that is asked for, before anything is done: all of it is, or nothing. Throws `bad-request`,
 * `jid-malformed`, `not-found` for a nick that is not inside, `forbidden` where the asker has no say, `not-allowed`
 * against somebody who counts more, `conflict` for banning oneself or taking away the last owner.
 */
export function checkAdmin(room: RoomState, asker: Asker, items: readonly MucItem[]): AdminChanges {
  const memberships: MembershipChange[] = [];
  const roles: RoleChange[] = [];
  for (const item of items) {
    if (item.role !== undefined && item.affiliation !== undefined) {
      throw new KontorError("bad-request", "Change a role or an affiliation, not both at once");
    }
    if (item.role !== undefined) roles.push(checkRole(room, asker, item, item.role));
    else if (item.affiliation !== undefined) memberships.push(checkAffiliation(room, asker, item, item.affiliation));
    else throw new KontorError("bad-request", "Name the role or affiliation that it shall be");
  }
  const after = new Map(room.memberships);
  for (const { bare, membership } of memberships) {
    if (membership) after.set(bare, membership);
    else after.delete(bare);
  }
  const isOwner = ({ affiliation }: Membership) => affiliation === "owner";
  if ([...room.memberships.values()].some(isOwner) && ![...after.values()].some(isOwner)) {
    throw new KontorError("conflict", "A room keeps at least one owner: name another one first");
  }
  if (after.size > MAX_MEMBERSHIPS) throw new KontorError("too-many", `A room has at most ${MAX_MEMBERSHIPS} members`);
  return { asker, memberships, roles };
}

function checkRole(room: RoomState, asker: Asker, item: MucItem, role: Role): RoleChange {
  const mine = affiliationFor(room, asker);
  if (asker.occupant?.role !== "moderator" && !administers(mine)) {
    throw new KontorError("forbidden", "Only moderators change roles");
  }
  if (item.nick === undefined) throw new KontorError("bad-request", "Name the nick whose role it is");
  const occupant = room.occupants.get(nickKey(item.nick));
  if (!occupant) throw new KontorError("not-found", "There is nobody with that nick");
  if (occupant.far) throw new KontorError("not-allowed", "People of another network have their role there");
  if (role === "moderator" && !administers(mine)) {
    throw new KontorError("forbidden", "Only administrators name moderators");
  }
  const lessens = role === "none" || (occupant.role === "moderator" && role !== "moderator") || role === "visitor";
  // 8.2, 8.4, 9.7: nobody lessens who counts more; and an owner or administrator stays a moderator.
  if (lessens && occupant !== asker.occupant) {
    if (compareAffiliations(occupant.affiliation, mine) > 0) {
      throw new KontorError("not-allowed", "You cannot do that to somebody of a higher affiliation");
    }
    if (role !== "none" && occupant.role === "moderator" && (administers(occupant.affiliation) || !administers(mine))) {
      throw new KontorError("not-allowed", "The role of a moderator is not yours to take");
    }
  }
  return { occupant, role, reason: item.reason };
}

function checkAffiliation(room: RoomState, asker: Asker, item: MucItem, affiliation: Affiliation): MembershipChange {
  const mine = affiliationFor(room, asker);
  if (!administers(mine)) throw new KontorError("forbidden", "Only administrators change affiliations");
  const bare = addressOf(room, item, affiliation);
  const before = affiliationOf(room, bare);
  if (affiliation === "outcast" && bare === asker.bare) throw new KontorError("conflict", "You cannot ban yourself");
  if (mine !== "owner") {
    if (administers(affiliation)) throw new KontorError("forbidden", "Only owners name administrators and owners");
    if (administers(before))
      throw new KontorError("not-allowed", "You cannot do that to somebody of your rank or above");
  }
  const nick = affiliation === "none" || affiliation === "outcast" || !item.nick ? undefined : enforcedNick(item.nick);
  if (nick) checkReserved(room, nick, bare);
  // 9.5: an empty one takes the reservation away.
  const kept =
    item.nick === "" ? undefined : (nick ?? (affiliation === "outcast" ? undefined : room.memberships.get(bare)?.nick));
  return {
    bare,
    membership: affiliation === "none" ? undefined : { affiliation, nick: kept, reason: item.reason },
  };
}

/** The bare address that an item is about, given or that of an occupant; a ban may name a whole domain. */
function addressOf(room: RoomState, item: MucItem, affiliation: Affiliation): string {
  if (item.jid === undefined) {
    const occupant = item.nick === undefined ? undefined : room.occupants.get(nickKey(item.nick));
    if (!occupant?.bare) throw new KontorError("bad-request", "Name the address whose affiliation it is");
    return occupant.bare;
  }
  const jid = parseJid(item.jid);
  if (!jid) throw new KontorError("jid-malformed", "The address is malformed");
  if (jid.local !== "") return `${jid.local}@${jid.domain}`;
  if (affiliation !== "outcast" && !room.memberships.has(jid.domain)) {
    throw new KontorError("not-acceptable", "Only bans are for whole domains");
  }
  return jid.domain;
}

/** Does what was checked; memberships are stored by now. Who has left meanwhile is passed over. */
export function applyAdmin(room: RoomState, { asker, memberships, roles }: AdminChanges): Effect[] {
  const effects: Effect[] = [];
  const by = asker.occupant ? { nick: asker.occupant.nick } : undefined;
  for (const { occupant, role, reason } of roles) {
    if (!isInside(room, occupant)) continue;
    if (role === "none") effects.push(...removal(room, occupant, { statuses: [status.kicked], reason, by }));
    else effects.push(...becomes(room, occupant, { role, affiliation: occupant.affiliation }, reason, by));
  }
  for (const change of memberships) effects.push(...applyMembership(room, change, by));
  return [...effects, ...settleQuiet(room)];
}

/** A tie changes, and with it whoever is inside under that address (or of that domain). */
function applyMembership(
  room: RoomState,
  { bare, membership }: MembershipChange,
  by: { readonly nick: string } | undefined,
): Effect[] {
  const before = room.memberships.get(bare)?.affiliation ?? "none";
  if (membership) room.memberships.set(bare, membership);
  else room.memberships.delete(bare);
  room.reserved = undefined;
  const affiliation = membership?.affiliation ?? "none";
  const reason = membership?.reason;
  const inside = [...room.occupants.values()].filter(
    (each) => each.bare === bare || (each.bare?.endsWith(`@${bare}`) && affiliation === "outcast"),
  );
  if (inside.length === 0 && before !== affiliation) {
    return [notice(room, bare, affiliation, reason), ...courtesy(room, bare, affiliation, reason)];
  }
  return inside.flatMap((occupant) => {
    const now = affiliationOf(room, occupant.bare ?? "");
    if (now === occupant.affiliation) return [];
    if (now === "outcast") {
      return removal(room, occupant, { statuses: [status.banned], reason, by, affiliation: now });
    }
    if (now === "none" && room.config.membersOnly) {
      return removal(room, occupant, { statuses: [status.notAffiliated], reason, by, affiliation: now });
    }
    const kept = occupant.role === "moderator" || now === "none" ? initialRole(room.config, now) : undefined;
    const role = administers(now) ? "moderator" : (kept ?? "participant");
    return becomes(room, occupant, { role, affiliation: now }, reason, by);
  });
}

const isInside = (room: RoomState, occupant: Occupant): boolean =>
  room.occupants.get(nickKey(occupant.nick)) === occupant;

function becomes(
  room: RoomState,
  occupant: Occupant,
  { role, affiliation }: { readonly role: Role; readonly affiliation: Affiliation },
  reason: string | undefined,
  by: { readonly nick: string } | undefined,
): Effect[] {
  if (occupant.role === role && occupant.affiliation === affiliation) return [];
  const moderates = role === "moderator" && occupant.role !== "moderator";
  occupant.role = role;
  occupant.affiliation = affiliation;
  const sessions = [...occupant.sessions.keys()];
  const told: Effect[] = [
    ...announce(room, occupant, everySession(room), [], { reason, actor: by, forced: true }),
    // A role lasts as long as the visit, so longer than an owner may.
    { do: "remember", sessions },
  ];
  // Who moderates must see everybody.
  return moderates ? [...told, ...sessions.flatMap((jid) => withheldTo(room, jid))] : told;
}

/** Tells those who may see addresses of a change for somebody who is not inside (9.3). */
export function notice(room: RoomState, jid: string, affiliation: Affiliation, reason: string | undefined): Effect {
  const open = room.config.whois === "anyone";
  const to = [...room.bySession].flatMap(([session, { role }]) => (open || role === "moderator" ? [session] : []));
  const item = { affiliation, jid, role: "none" as const, ...(reason === undefined ? {} : { reason }) };
  return { do: "send", to, stanza: x("message", { from: room.jid }, mucUser.write({ item, statuses: [] })) };
}

/** Tells somebody who is not inside that the own affiliation changed (Implementation Notes, status 101). A domain is nobody to tell. */
function courtesy(room: RoomState, jid: string, affiliation: Affiliation, reason: string | undefined): Effect[] {
  if (!jid.includes("@")) return [];
  const item = { affiliation, role: "none" as const, ...(reason === undefined ? {} : { reason }) };
  const content = mucUser.write({ item, statuses: [status.affiliationChanged] });
  return [{ do: "send", to: [jid], stanza: x("message", { from: room.jid }, content) }];
}
