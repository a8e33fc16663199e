/** The server's side of component streams (XEP-0114), which tells presence as mod_privilege does and costs next to nothing. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { listenAnywhere } from "../../../presence/redis-under-test.ts";

export interface SimulatedServer {
  readonly port: number;
  /** Writes to the stream of a tenant; resolves when the socket takes more. */
  write(domain: string, xml: string): Promise<void>;
  close(): void;
}

/** `everybody` gives the presence of all that are online in a domain, told when its stream starts. */
export async function simulatedServer(everybody: (domain: string) => string): Promise<SimulatedServer> {
  const streams = new Map<string, Socket>();
  const server = createServer((socket) => {
    let domain = "";
    let text = "";
    socket.setEncoding("utf8").on("error", () => undefined);
    socket.on("data", (chunk: string) => {
      text += chunk;
      const opened = /to='presence\.([^']+)'>/.exec(text);
      if (domain === "" && opened) {
        domain = opened[1] ?? "";
        socket.write(
          "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='s'>",
        );
      }
      if (/<handshake/.test(text)) {
        text = text.slice(text.indexOf("<handshake") + 10);
        streams.set(domain, socket);
        const perm = "<perm access='presence' type='roster'/>";
        const grant = `<message from='${domain}' to='presence.${domain}'><privilege xmlns='urn:xmpp:privilege:2'>${perm}</privilege></message>`;
        socket.write(`<handshake/>${grant}${everybody(domain)}`);
      }
      // Pings are answered; other questions are refused, so that nobody waits for them.
      text = text.replace(/<iq\b[^>]*>.*?<\/iq>/gs, (iq) => {
        const [, id = ""] = /\bid="([^"]*)"/.exec(iq) ?? [];
        const [, to = ""] = /\bto="([^"]*)"/.exec(iq) ?? [];
        const ping = iq.includes("urn:xmpp:ping");
        const refusal =
          "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
        const type = ping ? "result" : "error";
        socket.write(`<iq type='${type}' id='${id}' from='${to}' to='presence.${domain}'>${ping ? "" : refusal}</iq>`);
        return "";
      });
    });
  });
  const port = await listenAnywhere(server);
  return {
    port,
    write: async (domain, xml) => {
      const socket = streams.get(domain);
      if (socket && !socket.write(xml)) await once(socket, "drain");
    },
    close: () => {
      server.close();
      for (const socket of streams.values()) socket.destroy();
    },
  };
}
