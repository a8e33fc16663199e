/**
 * Pages of a long archive over XMPP: ours beside Prosody's mod_muc_mam, the same messages in the same PostgreSQL. The
 * peer has no search in texts: a search of ours stands beside its page at the same place without one.
 */
import { z } from "zod";
import { DAYS, fill } from "./archive/fill.ts";
import { PAGE, type PageAsked, timePages } from "./archive/pages.ts";
import { FREQUENT, RARE } from "./archive/texts.ts";
import { type Benchmark, type Row, row } from "./benchmark.ts";
import { signInRaw } from "./rooms/connection.ts";
import { startServer } from "./rooms/server.ts";
import { percentile } from "./statistics.ts";

const ROOM = "bench-archive";
const rowsAsked = z.coerce.number().int().min(100_000).max(100_000_000).default(10_000_000);

export const archive: Benchmark = {
  name: "archive",
  description: "pages of a long archive beside mod_muc_mam: first, middle, last, with and without search (BENCH_ROWS)",
  // Filling both archives takes most of it.
  limitMs: 3_600_000,
  run: async (report, signal) => {
    const rows = rowsAsked.parse(process.env.BENCH_ROWS);
    const server = await startServer(1, report, { archiveDays: DAYS + 100 });
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
        const peer = await timePages(client, peerRoom, asked, signal);
        for (const searched of [undefined, RARE, FREQUENT]) {
          const ours = await timePages(client, `${ROOM}@rooms.${domain}`, { ...asked, text: searched?.word }, signal);
          const name = `${place} page${searched ? `, word in 1 of ${searched.of}` : ""}`;
          const shares = [0.5, 0.99];
          const figures = shares.map((share) => ({
            share,
            mine: percentile(ours, share),
            theirs: percentile(peer, share),
          }));
          report(
            `${name}: ${figures.map(({ share, mine, theirs }) => `p${share * 100} ${mine.toFixed(1)} ms, peer ${theirs.toFixed(1)} ms`).join("; ")}`,
          );
          const samples = { ours: ours.length, peer: peer.length };
          const detail = { better: "less", rows, days: DAYS, page: PAGE, samples, filledSeconds: seconds } as const;
          for (const { share, mine, theirs } of figures) {
            const searches = searched ? { peerSearches: false } : {};
            measured.push(row(`${name}, p${share * 100}`, mine, theirs, "ms", { ...detail, ...searches }));
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
