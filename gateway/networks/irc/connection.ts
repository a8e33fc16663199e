import irc, { type Client } from "irc-framework";
import { type ConnectContext, type Connection, FarError, type NetworkEvents } from "../../bridge/network.ts";
import type { IrcConfig } from "./config.ts";
import { isBridged, lineOf, linePrefix, textBytes, withoutFormatting } from "./core-format.ts";
import { Members } from "./members.ts";
import { createSends } from "./sends.ts";
import { tendSocket } from "./socket.ts";

/** From the first byte to the list of names. */
const READY_MS = 30_000;
const QUIT_MS = 2_000;
const NICK_ATTEMPTS = 5;
/** People of a channel whose presence is asked for. */
const MAX_ASKED = 200;
/** Who joins a host that is not known yet is given the longest (RFC 2812 2.3.1). */
const LONGEST_HOST = "h".repeat(63);
const USERNAME = "kontor";

/** Errors of a join that a person has to mend. */
const CLOSED_CHANNEL = new Set(["invite_only_channel", "banned_from_channel", "bad_channel_key"]);

/** Connects the bot and joins the channel; resolves when its names are there. */
export function connectIrc(config: IrcConfig, context: ConnectContext, events: NetworkEvents): Promise<Connection> {
  const { log, newId, clock, signal } = context;
  const client = new irc.Client();
  const channelIs = (name: string | undefined) => name !== undefined && client.caseCompare(name, config.channel);
  const isSelf = (nick: string | undefined) => nick !== undefined && client.caseCompare(nick, client.user.nick);
  const members = new Members((nick) => client.caseLower(nick), events.occupants);
  const sends = createSends(client, config, newId);
  let host = LONGEST_HOST;
  let serverSaid: string | undefined;
  let toldOfBridges = false;

  return new Promise<Connection>((resolve, reject) => {
    let phase: "opening" | "ready" | "over" = "opening";
    let closedBy: (() => void) | undefined;

    const finish = (reason: FarError) => {
      closedBy?.();
      if (phase === "over") return;
      const before = phase;
      phase = "over";
      stopAsking();
      clearTimeout(timer);
      signal.removeEventListener("abort", aborted);
      sends.fail(reason);
      // The framework's timers end with its socket.
      client.connection.end(undefined, true);
      if (before === "opening") reject(reason);
      else events.closed(reason);
    };
    const aborted = () => {
      if (phase === "opening") finish(new FarError("Stopped"));
    };
    const timer = setTimeout(() => finish(new FarError(`No answer of ${config.host} within 30 s`)), READY_MS);
    signal.addEventListener("abort", aborted);

    const connection: Connection = {
      textBytes: (said) => {
        const mask = `${client.user.nick}!~${USERNAME}@${host}`;
        return textBytes(mask, config.channel, linePrefix(said, config.breakNicks), context.maxLineBytes);
      },
      send: (parts) =>
        sends.send(
          parts.map((part) => lineOf(part, config.breakNicks)),
          () => finish(new FarError("The server does not confirm what it is sent")),
        ),
      close: () =>
        new Promise((left) => {
          if (phase === "over") return left();
          phase = "over";
          stopAsking();
          sends.fail(new FarError("Stopped"));
          const forced = setTimeout(() => {
            client.connection.end(undefined, true);
            left();
          }, QUIT_MS);
          closedBy = () => {
            clearTimeout(forced);
            left();
          };
          client.quit("The bridge stops");
        }),
    };

    const said = (action: boolean) => (event: { nick?: string; target?: string; message?: string }) => {
      if (!event.nick || !channelIs(event.target) || isSelf(event.nick) || event.message === undefined) return;
      if (isBridged(event.message)) {
        if (!toldOfBridges) log.info("Lines of another bridge in the channel are not repeated", { nick: event.nick });
        toldOfBridges = true;
        return;
      }
      tell(event.nick, action, event.message);
    };
    const tell = (nick: string, action: boolean, text: string) =>
      events.message({
        farId: newId(),
        farUser: members.idOf(nick),
        nick,
        action,
        text: withoutFormatting(text),
        at: new Date(clock()),
      });

    listenForMembers(client, members, channelIs, isSelf);
    const stopAsking = listenForAway(client, members, config);
    listenForNick(client, config.nick, (reason) => phase === "opening" && finish(reason));
    client.on("registered", () => client.join(config.channel, config.key));
    client.on("join", (event) => {
      if (isSelf(event.nick) && event.hostname) host = event.hostname;
    });
    client.on("displayed host", (event) => {
      if (isSelf(event.nick) && event.hostname) host = event.hostname;
    });
    client.on("userlist", (event) => {
      if (phase !== "opening" || !channelIs(event.channel)) return;
      phase = "ready";
      clearTimeout(timer);
      resolve(connection);
    });
    client.on("kick", (event) => {
      if (!channelIs(event.channel) || !isSelf(event.kicked)) return;
      finish(new FarError(`Kicked by ${event.nick ?? "the server"}: ${event.message ?? "no reason given"}`));
    });
    client.on("part", (event) => {
      if (channelIs(event.channel) && isSelf(event.nick)) finish(new FarError("Taken out of the channel"));
    });
    client.on("privmsg", said(false));
    client.on("notice", said(false));
    client.on("action", said(true));
    client.on("topic", (event) => {
      if (!event.nick || !channelIs(event.channel) || isSelf(event.nick)) return;
      tell(event.nick, true, event.topic ? `set the topic to: ${event.topic}` : "removed the topic");
    });
    client.on("sasl failed", (event) => {
      finish(new FarError(`SASL failed: ${event.message ?? event.reason ?? "no reason given"}`, { permanent: true }));
    });
    client.on("irc error", (event) => {
      const text = event.reason ?? event.error ?? "error";
      if (event.error === "irc") serverSaid = text;
      else if (event.error === "password_mismatch") finish(new FarError("Wrong server password", { permanent: true }));
      else if (event.error === "banned_from_network") finish(new FarError(`Banned: ${text}`, { permanent: true }));
      else if (!channelIs(event.channel)) log.debug("IRC error", { error: event.error, reason: event.reason });
      else if (event.error === "cannot_send_to_channel") sends.refuse(text);
      else if (event.error === "not_on_channel") finish(new FarError(text));
      else if (phase === "opening")
        finish(new FarError(`${config.channel}: ${text}`, { permanent: CLOSED_CHANNEL.has(event.error ?? "") }));
    });
    client.on("socket close", (error) =>
      finish(new FarError(serverSaid ?? (error ? error.message : "The server closed the connection"))),
    );
    tendSocket(client, log, (text) => finish(new FarError(text)));

    client.connect({
      host: config.host,
      port: config.port,
      tls: config.tls,
      rejectUnauthorized: config.verify,
      nick: config.nick,
      username: USERNAME,
      gecos: "Kontor bridge",
      version: null,
      ...(config.password === undefined ? {} : { password: config.password }),
      // An empty account keeps the framework from trying the server's password as an account's.
      account: config.saslUser ? { account: config.saslUser, password: config.saslPassword ?? "" } : {},
      sasl_disconnect_on_fail: true,
      auto_reconnect: false,
      ping_interval: 20,
      ping_timeout: 60,
      message_max_length: 510,
    });
  });
}

function listenForMembers(
  client: Client,
  members: Members,
  channelIs: (name: string | undefined) => boolean,
  isSelf: (nick: string | undefined) => boolean,
): void {
  client.on("userlist", (event) => {
    if (!channelIs(event.channel)) return;
    members.reset(event.users.flatMap(({ nick }) => (nick && !isSelf(nick) ? [nick] : [])));
  });
  client.on("join", ({ channel, nick }) => {
    if (nick && channelIs(channel) && !isSelf(nick)) members.add(nick);
  });
  client.on("part", ({ channel, nick }) => {
    if (nick && channelIs(channel)) members.remove(nick);
  });
  client.on("kick", ({ channel, kicked }) => {
    if (kicked && channelIs(channel)) members.remove(kicked);
  });
  client.on("quit", ({ nick }) => {
    if (nick) members.remove(nick);
  });
  client.on("nick", ({ nick, new_nick: to }) => {
    if (nick && to) members.rename(nick, to);
  });
}

/**
 * Who is away: servers with away-notify (IRCv3) tell each change; others are asked, and all are once at the start. A
 * large channel is not asked about: its answer is a line for each. Gives what ends the questions.
 */
function listenForAway(client: Client, members: Members, { channel, awaySeconds }: IrcConfig): () => void {
  const ask = () => {
    if (members.size > 0 && members.size <= MAX_ASKED) client.who(channel);
  };
  client.on("away", ({ nick, message }) => {
    if (nick) members.away(nick, withoutFormatting(message ?? ""));
  });
  client.on("back", ({ nick }) => {
    if (nick) members.away(nick, null);
  });
  client.on("wholist", ({ users }) => {
    members.allAway(users.flatMap(({ nick, away }) => (nick ? [{ nick, away: away ?? false }] : [])));
  });
  client.on("userlist", ask);
  const turns = setInterval(() => {
    if (!client.network.cap.isEnabled("away-notify")) ask();
  }, awaySeconds * 1_000);
  return () => clearInterval(turns);
}

/** Another nick while the wanted one is taken. */
function listenForNick(client: Client, wanted: string, fail: (reason: FarError) => void): void {
  let attempts = 0;
  client.on("nick in use", () => {
    attempts += 1;
    if (attempts > NICK_ATTEMPTS) return fail(new FarError(`The nick ${wanted} and the like are taken`));
    client.changeNick(`${wanted.slice(0, 28)}${attempts}`);
  });
  client.on("nick invalid", ({ reason }) =>
    fail(new FarError(`The server refuses the nick ${wanted}: ${reason ?? "no reason given"}`, { permanent: true })),
  );
}
