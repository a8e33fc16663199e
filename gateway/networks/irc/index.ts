/**
 * IRC (RFC 2812, IRCv3 SASL): one bot in one channel, relaying lines as `<Nick> text`. IRC knows neither message ids nor
 * edits, reactions or files: the engine says them in text.
 */
import { defineNetwork } from "../../bridge/network.ts";
import { ircConfig } from "./config.ts";
import { connectIrc } from "./connection.ts";

export const irc = defineNetwork({
  name: "irc",
  // Everybody here is one user there, whose AWAY would be everybody's.
  capabilities: { multiline: false, occupants: true, messageIds: false, givesPresence: true, takesPresence: false },
  schema: ircConfig,
  secrets: ["password", "saslPassword", "key"],
  placeOf: ({ channel, host, port }) => `${channel.toLowerCase()}@${host.toLowerCase()}:${port}`,
  rateOf: ({ burst, linesPerSecond }) => ({ burst, perSecond: linesPerSecond }),
  connect: connectIrc,
});
