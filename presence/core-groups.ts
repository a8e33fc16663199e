/** What of a tenant's groups is to be told to the XMPP server. Pure. */

/** A group whose members see each other in their rosters. */
export interface RosterGroup {
  readonly id: string;
  readonly name: string;
  /** Of all that is in it: a group of the same hash is the same. */
  readonly hash: string;
  readonly members: readonly RosterMember[];
}

export interface RosterMember {
  readonly local: string;
  readonly name: string;
}

/** Hashes of groups by their ids. */
export type GroupHashes = ReadonlyMap<string, string>;

export interface GroupNews {
  readonly send: readonly string[];
  readonly remove: readonly string[];
}

/** What the server has to be told so that it holds what is wanted. */
export function newsOfGroups(wanted: GroupHashes, held: GroupHashes): GroupNews {
  return {
    send: [...wanted].filter(([id, hash]) => held.get(id) !== hash).map(([id]) => id),
    remove: [...held.keys()].filter((id) => !wanted.has(id)),
  };
}

/** In one stanza; the server's limit of a component's stanza is far above both. */
const PART_MEMBERS = 1_000;
const PART_BYTES = 150_000;
/** What stands around a local part and a name. */
const MEMBER_BYTES = 30;

/** The members in parts that each fit into one stanza; one empty part for a group without members. */
export function partsOf(members: readonly RosterMember[]): RosterMember[][] {
  const parts: RosterMember[][] = [];
  let part: RosterMember[] = [];
  let bytes = 0;
  for (const member of members) {
    const size = MEMBER_BYTES + Buffer.byteLength(member.local) + Buffer.byteLength(member.name);
    if (part.length === PART_MEMBERS || (part.length > 0 && bytes + size > PART_BYTES)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(member);
    bytes += size;
  }
  return [...parts, part];
}
