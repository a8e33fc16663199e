import type { Client } from "irc-framework";
import type { FarError, SendResult } from "../../bridge/network.ts";
import type { IrcConfig } from "./config.ts";

const CONFIRM_MS = 30_000;

/**
 * Sends lines and learns what became of them: a PING after them is answered by its PONG only when the server has taken
 * all before it (RFC 2812 3.7.2; servers work off a connection in order), and refusals come before that PONG.
 */
export interface Sends {
  /** Resolves when the PONG is there or the connection is not; `silent` is called when neither comes within 30 s. */
  send(lines: readonly string[], silent: () => void): Promise<SendResult>;
  /** The server refused something that was sent to the channel. */
  refuse(reason: string): void;
  /** The connection is over. */
  fail(reason: FarError): void;
}

interface Pending {
  readonly token: string;
  readonly settle: (failure?: FarError) => void;
  refused?: string;
}

export function createSends(client: Client, config: IrcConfig, newId: () => string): Sends {
  let pending: Pending | undefined;
  let over: FarError | undefined;
  let count = 0;

  client.on("pong", ({ message }) => {
    if (pending && message === pending.token) pending.settle();
  });

  return {
    send: (lines, silent) =>
      new Promise((resolve) => {
        if (over) return resolve({ done: [], failure: over });
        const timer = setTimeout(silent, CONFIRM_MS);
        count += 1;
        const mine: Pending = {
          token: `kontor-${count}`,
          settle: (failure) => {
            clearTimeout(timer);
            pending = undefined;
            if (failure) return resolve({ done: [], failure });
            const { refused } = mine;
            resolve({ done: lines.map(() => ({ farId: newId(), ...(refused === undefined ? {} : { refused }) })) });
          },
        };
        pending = mine;
        for (const line of lines) client.raw("PRIVMSG", config.channel, line);
        client.ping(mine.token);
      }),
    refuse: (reason) => {
      if (pending) pending.refused = reason;
    },
    fail: (reason) => {
      over ??= reason;
      pending?.settle(reason);
    },
  };
}
