/**
 * Pages of a long archive over XMPP: ours beside Prosody's mod_muc_mam, the same messages in the same PostgreSQL. The
 * peer has no search in texts: a search of ours stands beside its page at the same place without one. It is measured
 * twice: deleting by age as ours does, and keeping everything for ever; then it tells no totals, which ours does.
 */
import { z } from "zod";
import { DAYS, fill } from "./archive/fill.ts";
import { PAGE, type PageAsked, timePages } from "./archive/pages.ts";
import { FREQUENT, RARE } from "./archive/texts.ts";
import { type Benchmark, type Row, row } from "./benchmark.ts";
import { signInRaw } from "./rooms/connection.ts";
import { letPeerKeep, startServer } from "./rooms/server.ts";
import { percentile } from "./statistics.ts";

const ROOM = "bench-archive";
const KEPT_DAYS = DAYS + 100;
const PEERS = [
  { name: "mod_muc_mam", keeps: `${KEPT_DAYS}d` },
  { name: "mod_muc_mam that never deletes", keeps: "never" },
] as const;
const rowsAsked = z.coerce.number().int().min(100_000).max(100_000_000).default(10_000_000);

export const archive: Benchmark = {
  name: "archive",
  description: "pages of a long archive beside mod_muc_mam: first, middle, last, with and without search (BENCH_ROWS)",
  // Filling both archives takes most of it.
  limitMs: 3_600_000,
  run: async (report, signal) => {
    const rows = rowsAsked.parse(process.env.BENCH_ROWS);
    const server = await startServer(1, report, { archiveDays: KEPT_DAYS });
    try {
      const { host, port } = server.stack.demo.xmpp;
      const { domain } = server.tenant;
      const [person] = server.people;
      if (!person) throw new Error("nobody to sign in");
      const client = await signInRaw({ host, port, domain }, person, "bench");
      const peerRoom = `${ROOM}@muc-archived.${domain}`;
      // The peer makes room and table with the first message; somebody inside keeps the room.
      client.write(`<presence to='${peerRoom}/Bench'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
      await client.expect(/<subject/, "to be inside");
      client.write(`<message to='${peerRoom}' type='groupchat' id='first'><body>Anfang</body></message>`);
      await client.expect(/stanza-id/, "the archive of the peer");
      const { seconds, middle } = await fill({ server, room: ROOM, rows, report, signal });
      const places: readonly [string, PageAsked][] = [
        ["first", {}],
        ["middle", { after: middle }],
        ["last", { last: true }],
      ];
      const measured: Row[] = [];
      for (const [place, asked] of places) {
        const peers: { name: string; times: readonly number[] }[] = [];
        for (const { name, keeps } of PEERS) {
          await letPeerKeep(server, keeps);
          peers.push({ name, times: await timePages(client, peerRoom, asked, signal) });
        }
        for (const searched of [undefined, RARE, FREQUENT]) {
          const ours = await timePages(client, `${ROOM}@rooms.${domain}`, { ...asked, text: searched?.word }, signal);
          const page = `${place} page${searched ? `, word in 1 of ${searched.of}` : ""}`;
          for (const peer of peers) {
            const samples = { ours: ours.length, peer: peer.times.length };
            const detail = { better: "less", rows, days: DAYS, page: PAGE, samples, filledSeconds: seconds } as const;
            const rest = searched ? { ...detail, peerSearches: false } : detail;
            for (const share of [0.5, 0.99]) {
              const [mine, theirs] = [percentile(ours, share), percentile(peer.times, share)];
              const name = `${page}, p${share * 100}, beside ${peer.name}`;
              report(`${name}: ${mine.toFixed(1)} ms, peer ${theirs.toFixed(1)} ms`);
              measured.push(row(name, mine, theirs, "ms", rest));
            }
          }
        }
      }
      client.close();
      return measured;
    } finally {
      await server.stop();
    }
  },
};
