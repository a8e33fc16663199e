/** One room of each tenant with people who talk, and the accounts of what became of each message. */
import { expect } from "@jest/globals";
import { signIn } from "../../cli/client/xmpp-client.ts";
import { attr, x } from "../../components/stanza.ts";
import { mucJoin, mucUser, NS_MUC_USER, status } from "../../components/xep/xep-0045-muc.ts";
import { readRows } from "./archive.ts";
import { audit } from "./core-ledger.ts";
import { openTalker, type Talker } from "./talker.ts";
import { placeOf, type World } from "./world.ts";

export interface RoomCase {
  readonly talkers: readonly Talker[];
  /** Joined, and does nothing else; it does not even know pings. */
  readonly listener: Talker;
  readonly room: string;
  /** Messages reflected to their senders so far, and refusals by condition. */
  readonly reflected: number;
  readonly refusals: ReadonlyMap<string, number>;
  /** Resolves when so many were reflected, or `nick` (everybody, without one) was refused once. */
  untilReflected(count: number): Promise<void>;
  untilRefused(): Promise<void>;
  close(): Promise<void>;
}

export interface Cast {
  readonly tenant: number;
  readonly people: number;
  readonly texts: number;
  /** As TalkerOptions has them. */
  readonly paceMs?: number;
  readonly onSent?: (nick: string, id: string) => void;
  readonly onReflected?: (nick: string, id: string) => void;
}

/** Opens a fresh room in which `people` of a tenant say `texts` each, and one more listens. */
export async function openRoom(world: World, name: string, cast: Cast): Promise<RoomCase> {
  const room = `${name}@${world.stack.demo.tenants[cast.tenant]?.rooms}`;
  let reflected = 0;
  const refusals = new Map<string, number>();
  const refusedNicks = new Set<string>();
  const waiting = new Set<{ readonly met: () => boolean; readonly resolve: () => void }>();
  const look = () => {
    for (const each of waiting) if (each.met() && waiting.delete(each)) each.resolve();
  };
  const until = (met: () => boolean) =>
    new Promise<void>((resolve) => {
      waiting.add({ met, resolve });
      look();
    });
  const open = (index: number, nick: string, texts: number, knowsPing = true) =>
    openTalker({
      ...{ account: { ...placeOf(world, cast.tenant, index), knowsPing }, room, nick, texts },
      ...(cast.paceMs === undefined ? {} : { paceMs: cast.paceMs }),
      onSent: (id) => cast.onSent?.(nick, id),
      onReflected: (id) => {
        cast.onReflected?.(nick, id);
        reflected += 1;
        look();
      },
      onRefused: (condition) => {
        refusals.set(condition, (refusals.get(condition) ?? 0) + 1);
        refusedNicks.add(nick);
        look();
      },
    });
  // The first one makes the room.
  const talkers = [await open(0, "p0", cast.texts)];
  for (let index = 1; index < cast.people; index += 1) talkers.push(await open(index, `p${index}`, cast.texts));
  const listener = await open(0, "listener", 0, false);
  return {
    talkers,
    listener,
    room,
    get reflected() {
      return reflected;
    },
    refusals,
    untilReflected: (count) => until(() => reflected >= count),
    untilRefused: () => until(() => refusedNicks.size === cast.people),
    close: async () => {
      await Promise.all([...talkers, listener].map((talker) => talker.stop()));
    },
  };
}

export interface Figures {
  readonly sent: number;
  readonly reflected: number;
  readonly refused: number;
  readonly storedUnseen: number;
  readonly lost: number;
  readonly archived: number;
  readonly duplicates: number;
}

/** Holds what was sent against archive, log and what everybody saw. Throws with what is not as it must be. */
export async function auditRoom(world: World, tenant: number, { talkers, listener, room }: RoomCase): Promise<Figures> {
  const ledgers = talkers.map(({ ledger }) => ledger);
  const archived = await listener.archive();
  const ids = archived.map(({ id }) => id);
  const { rows, lastSeq } = await readRows(
    world.db,
    world.stack.demo.tenants[tenant]?.id ?? "",
    room.split("@")[0] ?? "",
  );
  expect(audit(ledgers, ids)).toEqual([]);
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_row, index) => index + 1));
  expect(lastSeq).toBe(rows.length);
  expect(rows.map(({ archiveId, id }) => ({ archiveId, id }))).toEqual(archived);
  const place = new Map(ids.map((id, index) => [id, index]));
  for (const { seen } of [...talkers, listener]) {
    const places = seen.map((id) => place.get(id) ?? Number.NaN);
    // What anybody was shown is archived, and came once and in the order of the archive.
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
    expect(places).not.toContain(Number.NaN);
  }
  const sum = (fate: Parameters<(typeof ledgers)[number]["count"]>[0]) =>
    ledgers.reduce((total, ledger) => total + ledger.count(fate), 0);
  return {
    sent: ledgers.reduce((total, ledger) => total + ledger.sent.size, 0),
    reflected: sum("reflected"),
    refused: sum("refused"),
    storedUnseen: sum("stored"),
    lost: sum("lost"),
    archived: ids.length,
    duplicates: ids.length - new Set(ids).size,
  };
}

/** The nicks in a room, as a client that joins now is told them. */
export async function nicksIn(world: World, tenant: number, index: number, room: string): Promise<string[]> {
  const client = await signIn(placeOf(world, tenant, index));
  try {
    const nicks: string[] = [];
    await client.send(x("presence", { to: `${room}/onlooker` }, mucJoin.write({ history: { maxstanzas: 0 } })));
    await client.next((stanza) => {
      const user = stanza.name === "presence" ? stanza.getChild("x", NS_MUC_USER) : undefined;
      if (!user) return false;
      if (mucUser.read(user).statuses.includes(status.self)) return true;
      if (attr(stanza, "type") === undefined) nicks.push((attr(stanza, "from") ?? "").split("/")[1] ?? "");
      return false;
    }, "its own presence in the room");
    return nicks;
  } finally {
    await client.stop();
  }
}
