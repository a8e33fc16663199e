/** The story of the tour. Each step throws when what it shows does not hold. */
import { createHash, randomBytes } from "node:crypto";
import { sql } from "kysely";
import { DateTime } from "luxon";
import { z } from "zod";
import { childElements, type Element, x } from "../../components/stanza.ts";
import { NS_DISCO_ITEMS } from "../../components/xep/xep-0030-service-discovery.ts";
import { NS_MUC } from "../../components/xep/xep-0045-muc.ts";
import { archiveQuery, NS_MAM } from "../../components/xep/xep-0313-archive.ts";
import { uploadRequest, uploadSlot } from "../../components/xep/xep-0363-http-upload.ts";
import { findRoom } from "../../messaging/index.ts";
import type { Database } from "../../platform/postgres.ts";
import { verifyEvidence } from "../../retention/store-evidence.ts";
import type { XmppClient } from "../client/xmpp-client.ts";
import { enter, type IrcPerson, until, type World } from "./world.ts";

export interface Step {
  readonly title: string;
  readonly run: (world: World, cast: Cast) => Promise<void>;
}

/** Who plays, filled by the first steps. */
export interface Cast {
  /** As the owner: the tour looks into the table itself. */
  readonly db: Database;
  ingrid?: XmppClient;
  malte?: XmppClient;
  lena?: XmppClient;
  irc?: IrcPerson;
}

const TEXT = "Moin, der Haushaltsplan 2027 liegt im Umlauf – bitte prüfen. 📎";
const ANSWER = "Im IRC ist er auch zu sehen, danke!";
/** How long the demo keeps messages (calendar days in Europe/Berlin). */
const KEPT_DAYS = 10;

function need<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`an earlier step gave no ${what}`);
  return value;
}

function holds(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

const conditionOf = (stanza: Element): string | undefined => {
  const error = stanza.getChild("error");
  return error ? childElements(error)[0]?.name : undefined;
};

/** Sends and expects that the other tenant is refused. */
async function refused(client: XmppClient, stanza: Element, what: string): Promise<void> {
  const to = stanza.attrs.to;
  if (stanza.name === "iq") {
    const answer = await client.iq(stanza);
    return holds(conditionOf(answer) === "forbidden", `${what} was not refused: ${answer.toString()}`);
  }
  await client.send(stanza);
  const answer = await client.next(
    (each) => each.attrs.from === to && each.attrs.type === "error",
    `the refusal of ${what}`,
  );
  holds(conditionOf(answer) === "forbidden", `${what} was refused otherwise: ${answer.toString()}`);
}

/** The bodies in the archive of a room, as a client reads them. */
async function archived(client: XmppClient, room: string): Promise<string[]> {
  const queryid = randomBytes(6).toString("hex");
  const query = archiveQuery.write({ queryid, page: { max: 100, before: "" } });
  const bodies: string[] = [];
  const answer = await client.iq(x("iq", { type: "set", to: room }, query));
  holds(answer.attrs.type === "result", `the archive answers ${answer.toString()}`);
  // Results come before the answer, so all of them are here.
  for (const stanza of client.pending()) {
    const result = stanza.getChild("result", NS_MAM);
    const message = result?.getChild("forwarded")?.getChild("message");
    const body = message?.getChildText("body");
    if (result?.attrs.queryid === queryid && typeof body === "string") bodies.push(body);
  }
  return bodies;
}

/** The rows of a room in the table itself, also those that every read path hides. */
async function rowsOf(db: Database, tenant: string, name: string): Promise<{ count: number; newest: number | null }> {
  const room = await findRoom(db, tenant, name);
  if (!room) throw new Error("the room is not in the database");
  const { rows } = await sql<{ count: number; newest: Date | null }>`
    select count(*) as count, max(at) as newest from room_log where tenant_id = ${tenant} and room_id = ${room.id}
  `.execute(db.common());
  return { count: rows[0]?.count ?? 0, newest: rows[0]?.newest?.getTime() ?? null };
}

export const steps: readonly Step[] = [
  {
    title: "three people of two tenants sign in",
    run: async (world, cast) => {
      cast.ingrid = await world.signIn(world.north, 0);
      cast.malte = await world.signIn(world.north, 3);
      cast.lena = await world.signIn(world.south, 4);
    },
  },
  {
    title: "their presence is seen over REST, with the status text",
    run: async (world, cast) => {
      const ingrid = need(cast.ingrid, "Ingrid");
      await ingrid.send(x("presence", {}, x("show", {}, "dnd"), x("status", {}, `Sitzung ${world.name}`)));
      const localpart = ingrid.jid.split("@")[0];
      // She may be signed in elsewhere too: what counts is this device.
      const device = z.object({ show: z.string(), status: z.string().nullable() });
      const schema = z.object({ available: z.boolean(), devices: z.array(device) });
      await until("the presence of Ingrid", async () => {
        const seen = schema.parse(await world.api("GET", `/tenants/${world.north.id}/presence/${localpart}`));
        const found = seen.devices.some(({ show, status }) => show === "dnd" && status === `Sitzung ${world.name}`);
        return seen.available && found ? true : undefined;
      });
    },
  },
  {
    title: "a room is made and joined, and linked with an IRC channel",
    run: async (world, cast) => {
      await enter(need(cast.ingrid, "Ingrid"), world.room, "Ingrid");
      await enter(need(cast.malte, "Malte"), world.room, "Malte");
      cast.irc = await world.ircPerson(`kim${world.name.slice(-6)}`);
      const { host, port } = world.demo.irc;
      const links = `/tenants/${world.north.id}/links`;
      const config = { host, port, tls: false, channel: world.channel };
      const made = z
        .object({ id: z.string() })
        .parse(await world.api("POST", links, { room: world.name, network: "irc", config }));
      world.atEnd(() => world.api("DELETE", `${links}/${made.id}`));
      await until("the link", async () => {
        const { state } = z.object({ state: z.string() }).parse(await world.api("GET", `${links}/${made.id}`));
        return state === "online" ? true : undefined;
      });
    },
  },
  {
    title: "a message is reflected, in the archive, and on IRC",
    run: async (world, cast) => {
      const [ingrid, malte] = [need(cast.ingrid, "Ingrid"), need(cast.malte, "Malte")];
      await ingrid.send(x("message", { to: world.room, type: "groupchat", id: world.name }, x("body", {}, TEXT)));
      const isIt = (stanza: Element) => stanza.attrs.id === world.name;
      const reflected = await ingrid.next(isIt, "the reflection");
      const seen = await malte.next(isIt, "the message");
      holds(seen.getChildText("body") === TEXT, `Malte reads something else: ${seen.toString()}`);
      holds(reflected.getChild("stanza-id") !== undefined, "the reflection has no archive id");
      holds((await archived(malte, world.room)).includes(TEXT), "the message is not in the archive");
      await need(cast.irc, "person on IRC").hears((line) => line.includes(TEXT), "the message on IRC");
    },
  },
  {
    title: "an IRC user's answer is in the room, marked as from IRC",
    run: async (world, cast) => {
      const malte = need(cast.malte, "Malte");
      need(cast.irc, "person on IRC").say(ANSWER);
      const answer = await malte.next((stanza) => stanza.getChildText("body") === ANSWER, "the answer from IRC");
      holds(answer.attrs.from === `${world.room}/kim${world.name.slice(-6)}`, `the author is ${answer.attrs.from}`);
      holds((await archived(malte, world.room)).includes(ANSWER), "the answer is not in the archive");
    },
  },
  {
    title: "a file is uploaded and fetched with equal hash",
    run: async (world, cast) => {
      const ingrid = need(cast.ingrid, "Ingrid");
      const bytes = randomBytes(1_500_000);
      const request = uploadRequest.write({
        filename: "Haushaltsplan 2027.pdf",
        size: bytes.length,
        contentType: "application/pdf",
      });
      const answer = await ingrid.iq(x("iq", { type: "get", to: world.north.upload }, request));
      const element = answer.getChild("slot");
      if (!element) throw new Error(`no slot: ${answer.toString()}`);
      const slot = uploadSlot.read(element);
      const put = await fetch(slot.put.url, {
        method: "PUT",
        body: bytes,
        headers: { "content-type": "application/pdf" },
      });
      holds(put.status === 201, `the upload was answered ${put.status}: ${await put.text()}`);
      const got = Buffer.from(await (await fetch(slot.get.url)).arrayBuffer());
      const sha256 = (data: Buffer) => createHash("sha256").update(data).digest("hex");
      holds(sha256(got) === sha256(bytes), "the file came back changed");
      const part = await fetch(slot.get.url, { headers: { range: "bytes=1000000-" } });
      holds(part.status === 206, `a part of the file was answered ${part.status}`);
      holds(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1_000_000)), "the part differs");
    },
  },
  {
    title: "somebody of the other tenant is refused at room, archive, presence, upload and directory",
    run: async (world, cast) => {
      const lena = need(cast.lena, "Lena");
      const bare = need(cast.ingrid, "Ingrid").jid.split("/")[0];
      const { room, north } = world;
      await refused(lena, x("presence", { to: `${room}/Lena` }, x("x", { xmlns: NS_MUC })), "joining");
      await refused(lena, x("message", { to: room, type: "groupchat" }, x("body", {}, "?")), "writing");
      await refused(lena, x("iq", { type: "set", to: room }, archiveQuery.write({})), "the archive");
      await refused(lena, x("presence", { to: bare, type: "subscribe" }), "the presence");
      const request = uploadRequest.write({ filename: "a.txt", size: 1 });
      await refused(lena, x("iq", { type: "get", to: north.upload }, request), "the upload");
      await refused(
        lena,
        x("iq", { type: "get", to: north.rooms }, x("query", { xmlns: NS_DISCO_ITEMS })),
        "the directory",
      );
    },
  },
  {
    title: "the clock of retention moves on: the message is gone from archive and table",
    run: async (world, cast) => {
      const malte = need(cast.malte, "Malte");
      const before = await rowsOf(cast.db, world.north.id, world.name);
      holds(
        before.count >= 2 && before.newest !== null,
        `the table has ${before.count} rows of the room to begin with`,
      );
      const newest = DateTime.fromMillis(before.newest ?? 0, { zone: "Europe/Berlin" });
      const asOf = newest.plus({ seconds: 1 }).plus({ days: KEPT_DAYS }).toUTC().toISO();
      const runs = `/tenants/${world.north.id}/retention/runs`;
      const { id } = z
        .object({ id: z.string() })
        .parse(await world.api("POST", runs, { kind: "message-archive", asOf }));
      const schema = z.object({ state: z.string(), rows: z.number(), problem: z.string().nullable() });
      const done = await until("the run of retention", async () => {
        const run = schema.parse(await world.api("GET", `${runs}/${id}`));
        if (run.state === "failed") throw new Error(`the run failed: ${run.problem}`);
        return run.state === "done" ? run : undefined;
      });
      holds(done.rows >= before.count, `the run says that it deleted ${done.rows} of at least ${before.count} rows`);
      const left = await archived(malte, world.room);
      holds(left.length === 0, `the archive still gives ${left.length} messages`);
      const after = await rowsOf(cast.db, world.north.id, world.name);
      holds(after.count === 0, `the table still has ${after.count} rows of the room`);
    },
  },
  {
    title: "the evidence of the deletion is verified",
    run: async (_world, cast) => {
      const { rows, broken } = await verifyEvidence(cast.db);
      holds(rows > 0, "there is no evidence");
      holds(broken.length === 0, `the chain of ${broken.map(({ tenant }) => tenant).join(", ")} is broken`);
    },
  },
];
