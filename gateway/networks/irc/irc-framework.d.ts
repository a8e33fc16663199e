/** As much of irc-framework 4.14 as is used here; it comes without types. Whatever a server may leave out is optional. */
declare module "irc-framework" {
  import type { Socket } from "node:net";

  interface FromNick {
    readonly nick?: string;
    readonly ident?: string;
    readonly hostname?: string;
  }
  interface Said extends FromNick {
    readonly target?: string;
    readonly message?: string;
  }
  interface InChannel extends FromNick {
    readonly channel?: string;
  }
  interface Events {
    registered: { readonly nick?: string };
    "nick in use": { readonly nick?: string; readonly reason?: string };
    "nick invalid": { readonly nick?: string; readonly reason?: string };
    "sasl failed": { readonly reason?: string; readonly message?: string };
    "irc error": { readonly error?: string; readonly channel?: string; readonly reason?: string };
    "displayed host": FromNick;
    privmsg: Said;
    notice: Said;
    action: Said;
    join: InChannel;
    part: InChannel;
    quit: FromNick;
    kick: InChannel & { readonly kicked?: string; readonly message?: string };
    nick: FromNick & { readonly new_nick?: string };
    topic: InChannel & { readonly topic?: string };
    userlist: { readonly channel?: string; readonly users: readonly FromNick[] };
    wholist: { readonly users: readonly (FromNick & { readonly away?: boolean })[] };
    away: FromNick & { readonly message?: string };
    back: FromNick;
    pong: { readonly message?: string };
    "raw socket connected": Socket;
    "socket close": Error | false | undefined;
    close: boolean | undefined;
  }

  interface Options {
    readonly host: string;
    readonly port: number;
    readonly tls: boolean;
    readonly rejectUnauthorized: boolean;
    readonly nick: string;
    readonly username: string;
    readonly gecos: string;
    readonly version: string | null;
    readonly password?: string;
    readonly account?: { readonly account?: string; readonly password?: string };
    readonly sasl_disconnect_on_fail: boolean;
    readonly auto_reconnect: boolean;
    readonly ping_interval: number;
    readonly ping_timeout: number;
    readonly message_max_length: number;
  }

  type RawMiddleware = (command: string, message: unknown, line: string, client: Client, next: () => void) => void;

  class Client {
    readonly user: { readonly nick: string };
    readonly connection: { end(data?: string, hadError?: boolean): void };
    readonly raw_middleware: { use(middleware: RawMiddleware): void };
    readonly network: { readonly cap: { isEnabled(name: string): boolean } };
    who(target: string): void;
    connect(options: Options): void;
    on<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): this;
    removeAllListeners(): this;
    raw(...words: string[]): void;
    say(target: string, text: string): void;
    ping(token: string): void;
    join(channel: string, key?: string): void;
    changeNick(nick: string): void;
    quit(message?: string): void;
    caseLower(text: string): string;
    caseCompare(a: string, b: string): boolean;
  }

  const irc: { readonly Client: typeof Client };
  export default irc;
  export type { Client, Events };
}
