import type { Client } from "irc-framework";
import type { Log } from "../../../platform/log.ts";

/** The longest line of IRCv3 is 8,191 bytes of tags and 512 more; nobody needs one of this size. */
const MAX_LINE_BYTES = 65_536;

/**
 * Makes the socket prompt, and keeps a bad server from hurting the process: a line without end would fill the memory, and a line that lacks
 * parameters makes the framework throw where nobody catches it.
 */
export function tendSocket(client: Client, log: Log, end: (reason: string) => void): void {
  client.raw_middleware.use((command, _message, _line, _client, next) => {
    try {
      next();
    } catch (error) {
      log.warn("A line of the IRC server could not be read", { command, error });
    }
  });
  client.on("raw socket connected", (socket) => {
    // A line and the PING behind it are two writes: with Nagle's delay each would cost 40 ms.
    socket.setNoDelay(true);
    let open = 0;
    socket.on("data", (data: Buffer) => {
      const at = data.lastIndexOf(0x0a);
      open = at === -1 ? open + data.length : data.length - at - 1;
      if (open > MAX_LINE_BYTES) end("The server sent a line without end");
    });
  });
}
