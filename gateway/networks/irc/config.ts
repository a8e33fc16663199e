import { z } from "zod";

/** A word of a protocol line: no space, no control, not the start of a trailing parameter. */
const word = (max: number) =>
  z
    .string()
    .regex(/^[^\s\u0000-\u001f\u007f:,][^\s\u0000-\u001f\u007f,]*$/u)
    .max(max);
const secret = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[^\r\n\u0000]+$/, "no line ends");

/** Where a link goes, and how its bot behaves there. */
export const ircConfig = z.strictObject({
  host: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]{1,253}$/, "a host name or address")
    .describe("Server."),
  port: z.int().min(1).max(65_535).default(6697).describe("Port; 6697 with TLS, usually 6667 without."),
  tls: z.boolean().default(true).describe("Encrypted connection."),
  verify: z.boolean().default(true).describe("Refuse a certificate that does not prove the host. Off for tests only."),
  nick: z
    .string()
    .regex(/^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]{0,29}$/, "an IRC nick")
    .default("kontor")
    .describe("Nick of the bot; taken ones get a figure at their end."),
  channel: word(200)
    .regex(/^[#&+!]./, "a channel, such as #office")
    .describe("Channel."),
  key: word(100).optional().describe("Key of the channel."),
  password: secret.optional().describe("Password of the server."),
  saslUser: word(100).optional().describe("Account for SASL PLAIN."),
  saslPassword: secret.optional().describe("Password of the account."),
  linesPerSecond: z.number().min(0.1).max(1_000).default(1).describe("Lines a second in the long run."),
  burst: z.int().min(1).max(1_000).default(5).describe("Lines at once after a silence."),
  awaySeconds: z
    .int()
    .min(10)
    .max(3_600)
    .default(120)
    .describe("Seconds between questions who is away, where the server does not tell by itself."),
  breakNicks: z.boolean().default(false).describe("Break nicks invisibly, so that clients do not highlight them."),
});

export type IrcConfig = z.output<typeof ircConfig>;
