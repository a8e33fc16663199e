/**
 * What the bridge engine asks of a network, and what it tells the engine. Nothing here knows any one network: each has
 * its folder in gateway/networks/ and exports one `Network`.
 */
import type { z } from "zod";
import { KontorError } from "../../platform/errors.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { Rate } from "./core-pace.ts";

/** What a network can show as itself. What it cannot is said in text, never left out in silence. */
export interface Capabilities {
  /** A part may hold line ends. */
  readonly multiline: boolean;
  /** The network itself shows who is there. */
  readonly occupants: boolean;
  /** The network gives messages ids of its own. */
  readonly messageIds: boolean;
  /** The network tells who of its people is away. */
  readonly givesPresence: boolean;
  /**
   * The network shows the presence of each person here as such. Where it does not, nothing of it leaves: it is neither
   * said in text nor put on the bridge's own account.
   */
  readonly takesPresence: boolean;
}

/** A piece of a room's message on its way out. The network shows `nick` as it can. */
export interface OutboundPart {
  readonly logId: string;
  /** Counts from 0 within the message. */
  readonly part: number;
  readonly nick: string;
  /** `text` tells what `nick` does (XEP-0245). */
  readonly action: boolean;
  /** Without controls; one line unless the network takes several. */
  readonly text: string;
}

/** Says how far a batch came: `done` is the beginning of it, in order. */
export interface SendResult {
  readonly done: readonly {
    /** Id there; made up by the adapter where the network has none, unique within the link. */
    readonly farId: string;
    /** Why the far side refused the part for good, if it did. */
    readonly refused?: string;
  }[];
  /** Why the rest was not sent; it is sent again later. */
  readonly failure?: FarError;
}

/** A message of somebody there. The link's own messages are never told. */
export interface FarMessage {
  /** The network's id, or a new one where it has none. Applied once. */
  readonly farId: string;
  /** Who says it: stable for that person within the link, as far as the network allows. */
  readonly farUser: string;
  readonly nick: string;
  readonly action: boolean;
  readonly text: string;
  readonly at: Date;
}

export interface FarOccupant {
  readonly id: string;
  readonly nick: string;
  /** What somebody who is away says of it; empty: no more than that, null: not away, or not known. */
  readonly away: string | null;
}

/** What a connection tells. After `closed` nothing more comes, and the engine opens a new one in time. */
export interface NetworkEvents {
  message(message: FarMessage): void;
  /** All who are there now, without the bridge itself. */
  occupants(occupants: readonly FarOccupant[]): void;
  closed(reason: FarError): void;
}

export interface Connection {
  /** Bytes of UTF-8 for the text of one part. */
  textBytes(said: { readonly nick: string; readonly action: boolean }): number;
  /** Resolves when the far side has confirmed, refused, or failed; never rejects. One call at a time. */
  send(parts: readonly OutboundPart[]): Promise<SendResult>;
  /** Leaves politely; `closed` is not told. */
  close(): Promise<void>;
}

export interface ConnectContext {
  readonly log: Log;
  readonly newId: NewId;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Longest line in bytes, from the settings; a network may need shorter ones. */
  readonly maxLineBytes: number;
  /** Aborted when the link is given up while it connects. */
  readonly signal: AbortSignal;
}

/** A configured far place of a network. */
export interface FarPlace {
  /** The place as one comparable text, shown to administrators. */
  readonly place: string;
  readonly rate: Rate;
  /** The configuration without its secrets. */
  readonly shown: Readonly<Record<string, unknown>>;
  /** Resolves when messages can flow; rejects with a FarError. */
  connect(context: ConnectContext, events: NetworkEvents): Promise<Connection>;
}

export interface Network {
  /** The first label of its transports' domains, and the `network` of a link. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Names of the options that are kept sealed and never given back. */
  readonly secrets: readonly string[];
  /** Reads a link's configuration; throws `bad-request` with every problem. */
  place(config: unknown): FarPlace;
}

/** Why a far side does not take part. `permanent`: only a person can mend it, such as a wrong password. */
export class FarError extends Error {
  readonly permanent: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { readonly permanent?: boolean; readonly retryAfterMs?: number } = {}) {
    super(message);
    this.name = "FarError";
    this.permanent = options.permanent ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Makes a network of its schema; `secrets` are the options that are never given back. */
export function defineNetwork<S extends z.ZodObject>(spec: {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly schema: S;
  readonly secrets: readonly (keyof z.output<S> & string)[];
  readonly placeOf: (config: z.output<S>) => string;
  readonly rateOf: (config: z.output<S>) => Rate;
  readonly connect: (config: z.output<S>, context: ConnectContext, events: NetworkEvents) => Promise<Connection>;
}): Network {
  const hidden = new Set<string>(spec.secrets);
  return {
    name: spec.name,
    capabilities: spec.capabilities,
    secrets: spec.secrets,
    place: (given) => {
      const result = spec.schema.safeParse(given);
      if (!result.success) {
        const problems = result.error.issues.map((issue) => `${["config", ...issue.path].join(".")}: ${issue.message}`);
        throw new KontorError("bad-request", problems.join("; "));
      }
      const config = result.data;
      return {
        place: spec.placeOf(config),
        rate: spec.rateOf(config),
        shown: Object.fromEntries(Object.entries(config).filter(([name]) => !hidden.has(name))),
        connect: (context, events) => spec.connect(config, context, events),
      };
    },
  };
}
