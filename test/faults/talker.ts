/** A client that says its texts in a room, paced by what comes back, and copes with faults as real clients do. */
import { type SignIn, signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, x } from "../../components/stanza.ts";
import { mucJoin, mucUser, NS_MUC_USER, status } from "../../components/xep/xep-0045-muc.ts";
import { NS_PING } from "../../components/xep/xep-0199-ping.ts";
import { NS_DELAY } from "../../components/xep/xep-0203-delay.ts";
import { archiveReader, type Stored } from "./archive.ts";
import { createLedger, type Ledger } from "./core-ledger.ts";

/** Messages on their way at most; one after a refusal, until something comes back again. */
const WINDOW = 6;
const RETRY_MS = 100;
const MAX_RETRIES = 400;

export interface TalkerOptions {
  readonly account: SignIn;
  /** Bare address of the room. */
  readonly room: string;
  readonly nick: string;
  readonly texts: number;
  /** Called for each own message that came back, and for each refusal with its condition. */
  readonly onReflected?: (id: string) => void;
  readonly onSent?: (id: string) => void;
  /** Says one message in so many milliseconds; without it as fast as they come back. */
  readonly paceMs?: number;
  readonly onRefused?: (condition: string) => void;
}

export interface Talker {
  readonly nick: string;
  readonly ledger: Ledger;
  /** The ids of the room's messages as this client saw them, without history. */
  readonly seen: readonly string[];
  /** How often it had to sign in, and to join, again. */
  readonly signIns: number;
  readonly joins: number;
  /** Says all its texts; resolves when the fate of each is known. */
  talk(): Promise<void>;
  /** Begins nothing new; what was begun comes to its end. */
  enough(): void;
  /** A part came back: what is open may be lost, go on. */
  resume(): void;
  /** Resolves when it is in the room: at once when it is. */
  untilInside(): Promise<void>;
  archive(): Promise<Stored[]>;
  /** Resolves when the room has asked whether this client is still there (XEP-0199). */
  readonly pinged: Promise<void>;
  /** Asks the room whether it still has this client (XEP-0410). */
  isInside(): Promise<boolean>;
  /** Where it stands, for a message about a failure. */
  account(): string;
  /** Signs off and never comes back; silently: as with a dead battery, not a word to anybody. */
  stop(options?: { readonly silently: boolean }): Promise<void>;
}

/** Signs in, joins and is silent until `talk`. */
export async function openTalker(options: TalkerOptions): Promise<Talker> {
  const { room, nick } = options;
  const ledger = createLedger(nick, options.texts);
  const seen: string[] = [];
  let client: XmppClient | undefined;
  let readArchive: (room: string) => Promise<Stored[]> = () => Promise.reject(new Error("not signed in"));
  let signIns = 0;
  let joins = 0;
  let inside = false;
  let arrived: (() => void)[] = [];
  let window = WINDOW;
  let retries = 0;
  let retry: NodeJS.Timeout | undefined;
  let pause: NodeJS.Timeout | undefined;
  let talking = false;
  let asking = false;
  let stopped = false;
  let finish: () => void = () => undefined;
  let giveUp: (error: Error) => void = () => undefined;
  const over = new Promise<void>((resolve, reject) => {
    finish = resolve;
    giveUp = reject;
  });
  over.catch(() => undefined);

  let asked: () => void = () => undefined;
  const pinged = new Promise<void>((resolve) => {
    asked = resolve;
  });

  const later = (work: () => void) => {
    retries += 1;
    if (retries > MAX_RETRIES) return giveUp(new Error(`${nick} tried ${MAX_RETRIES} times in vain`));
    clearTimeout(retry);
    retry = setTimeout(work, RETRY_MS);
  };

  const connect = async (): Promise<void> => {
    try {
      const opened = await signIn({ ...options.account });
      if (stopped) return opened.stop();
      client = opened;
      signIns += 1;
      readArchive = archiveReader(opened);
      opened.onStanza(onStanza);
      opened.onClose(() => {
        if (client !== opened || stopped) return;
        client = undefined;
        inside = false;
        ledger.doubt();
        later(() => void connect());
      });
      await opened.send(x("presence"));
      enter();
    } catch {
      if (!stopped) later(() => void connect());
    }
  };

  const send = (stanza: Element) => {
    // A connection that ends says so by itself.
    client?.send(stanza).catch(() => undefined);
  };

  const enter = () => {
    joins += 1;
    send(x("presence", { to: `${room}/${nick}` }, mucJoin.write({ history: { maxstanzas: 0 } })));
  };

  const onStanza = (stanza: Element): void => {
    const [bare] = (attr(stanza, "from") ?? "").split("/");
    if (bare !== room) return;
    if (attr(stanza, "type") === "error") onError(stanza);
    else if (stanza.name === "presence") onPresence(stanza);
    else if (stanza.name === "message") onMessage(stanza);
    else if (attr(stanza, "type") === "get") asked();
  };

  const onMessage = (stanza: Element): void => {
    if (attr(stanza, "type") !== "groupchat" || stanza.getChild("delay", NS_DELAY)) return;
    const id = attr(stanza, "id");
    if (!id || !stanza.getChild("body")) return;
    seen.push(id);
    if (attr(stanza, "from") !== `${room}/${nick}` || !ledger.reflected(id)) return;
    window = WINDOW;
    retries = 0;
    options.onReflected?.(id);
    pump();
  };

  const onPresence = (stanza: Element): void => {
    const user = stanza.getChild("x", NS_MUC_USER);
    if (!user || !mucUser.read(user).statuses.includes(status.self)) return;
    inside = attr(stanza, "type") !== "unavailable";
    if (!inside) return;
    for (const resolve of arrived) resolve();
    arrived = [];
    pump();
  };

  const onError = (stanza: Element): void => {
    const error = stanza.getChild("error");
    const condition = error ? (childElements(error)[0]?.name ?? "") : "";
    if (stanza.name === "presence") later(enter);
    if (!ledger.refused(attr(stanza, "id") ?? "")) return;
    options.onRefused?.(condition);
    if (attr(error ?? stanza, "type") !== "wait") {
      // Not in the room any more: a client joins again.
      inside = false;
      later(enter);
    } else {
      window = 1;
      later(pump);
    }
  };

  const pump = (): void => {
    if (!talking || !client || !inside) return;
    const next = () => (pause ? undefined : ledger.take(window));
    for (let message = next(); message; message = next()) {
      if (options.paceMs !== undefined) {
        pause = setTimeout(() => {
          pause = undefined;
          pump();
        }, options.paceMs);
      }
      options.onSent?.(message.id);
      send(x("message", { to: room, type: "groupchat", id: message.id }, x("body", {}, `${nick}: ${message.text}`)));
    }
    if (ledger.idle()) void settle();
  };

  /** Nothing is left to say: the archive tells what became of that in doubt. */
  const settle = async (): Promise<void> => {
    if (asking) return;
    if (ledger.count("unknown") === 0) return finish();
    if (!ledger.askable()) {
      ledger.mark();
      return pump();
    }
    asking = true;
    try {
      const stored = await readArchive(room);
      ledger.settle(new Set(stored.map(({ id }) => id)));
      asking = false;
      pump();
    } catch {
      asking = false;
      later(pump);
    }
  };

  const untilInside = (): Promise<void> => {
    if (inside) return Promise.resolve();
    const arrival = new Promise<void>((resolve) => arrived.push(resolve));
    return Promise.race([arrival, over.then(() => arrival)]);
  };

  await connect();
  await untilInside();
  return {
    nick,
    ledger,
    seen,
    get signIns() {
      return signIns;
    },
    get joins() {
      return joins;
    },
    talk: () => {
      talking = true;
      pump();
      return over;
    },
    enough: () => {
      ledger.enough();
      pump();
    },
    resume: () => {
      ledger.doubt();
      window = WINDOW;
      pump();
    },
    untilInside,
    archive: () => readArchive(room),
    pinged,
    isInside: async () => {
      const answer = await client?.iq(x("iq", { type: "get", to: `${room}/${nick}` }, x("ping", { xmlns: NS_PING })));
      return answer?.attrs.type === "result";
    },
    account: () => {
      const fates = ["open", "unknown", "reflected", "refused", "lost"] as const;
      const counts = fates.map((fate) => `${ledger.count(fate)} ${fate}`);
      return `${nick}: ${[...counts, `${signIns} sign-ins`, `${joins} joins`, inside ? "inside" : "outside"].join(", ")}`;
    },
    stop: async ({ silently } = { silently: false }) => {
      stopped = true;
      clearTimeout(retry);
      clearTimeout(pause);
      if (silently) client?.cut();
      else await client?.stop();
    },
  };
}
