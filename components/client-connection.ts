import { Socket } from "node:net";
import { type Client, client } from "@xmpp/client";

/**
 * A client of the library that is not started yet and never reconnects by itself, with two mends:
 * characters that lie across two packets stay whole (the library decodes each packet by itself), and what a server
 * still sends after the stream is over (RFC 6120 4.4) is left unread (the library throws where nobody can catch it).
 */
export function clientConnection(options: Parameters<typeof client>[0]): Client {
  const xmpp = client(options);
  xmpp.reconnect.stop();
  xmpp.on("connect", () => {
    const { socket } = xmpp;
    if (socket instanceof Socket) socket.setEncoding("utf8");
  });
  const leaveUnread = (): void => {
    const { socket, parser } = xmpp;
    if (parser || !socket) return;
    socket.removeAllListeners("data");
    // Goes on flowing, so that its end is seen.
    if (socket instanceof Socket) socket.resume();
  };
  xmpp.on("close", leaveUnread);
  xmpp.on("error", leaveUnread);
  return xmpp;
}
