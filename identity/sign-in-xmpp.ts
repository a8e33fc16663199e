import { Socket } from "node:net";
import { clientConnection } from "../components/client-connection.ts";
import { KontorError } from "../platform/errors.ts";

/** Tells whether a password is right by signing in at the XMPP server (SASL SCRAM, RFC 5802): it never leaves us. */
export type PasswordCheck = (
  jid: { readonly localpart: string; readonly domain: string },
  password: string,
) => Promise<boolean>;

export interface XmppServer {
  /** Of client streams. */
  readonly host: string;
  readonly port: number;
}

const TIMEOUT_MS = 8_000;
const AT_ONCE = 8;
const MAX_WAITING = 64;
const MECHANISM = "SCRAM-SHA-1";
const loopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Checks against a server, a few at once; throws `unavailable` when it is away and `too-many` when too many wait. */
export function xmppPasswordCheck(server: XmppServer): PasswordCheck {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (jid, password) => {
    if (running >= AT_ONCE) {
      if (waiting.length >= MAX_WAITING) throw new KontorError("too-many", undefined, { retryAfterSeconds: 5 });
      // Who leaves hands its place over, so that nobody overtakes.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await attempt(server, jid, password);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

function attempt(
  { host, port }: XmppServer,
  jid: { readonly localpart: string; readonly domain: string },
  password: string,
): Promise<boolean> {
  const plain = loopback.test(host);
  const authority = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const xmpp = clientConnection({
    service: `xmpp://${authority}`,
    domain: jid.domain,
    username: jid.localpart,
    password,
    resource: "kontor-sign-in",
  });
  let cut = (): void => undefined;
  xmpp.on("connect", () => {
    const { socket } = xmpp;
    cut = () => {
      if (xmpp.socket instanceof Socket) xmpp.socket.destroy();
      if (socket instanceof Socket) socket.destroy();
    };
  });
  return new Promise<boolean>((resolve, reject) => {
    let over = false;
    const end = (settle: () => void) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      settle();
      cut();
    };
    const away = (cause: unknown) =>
      end(() => reject(new KontorError("unavailable", "The XMPP server is away, try again later", {}, cause)));
    const timer = setTimeout(() => away(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
    xmpp.prependListener("element", (element) => {
      if (!element.is("features")) return;
      const offers = (name: string) => element.getChild(name) !== undefined;
      // Offered only to who has signed in; no resource is bound, nobody sees the person come.
      if (offers("bind")) return end(() => resolve(true));
      const secure = plain || !(xmpp.socket instanceof Socket) || "encrypted" in xmpp.socket;
      if (!secure && !offers("starttls")) {
        element.children = [];
        return away(new Error("the server offers no STARTTLS"));
      }
      // On loopback the certificate may be nobody's; everywhere else the library insists on a trusted one.
      const kept = secure ? ["mechanisms"] : ["starttls"];
      element.children = element.children.filter((child) => typeof child !== "string" && kept.includes(child.name));
      // Never PLAIN, whatever the server would take.
      const mechanisms = element.getChild("mechanisms");
      if (mechanisms) mechanisms.children = mechanisms.getChildren("mechanism").filter((m) => m.text() === MECHANISM);
    });
    xmpp.on("error", (error) => (wrong(error) ? end(() => resolve(false)) : away(error)));
    xmpp.on("disconnect", () => away(new Error("the server closed the stream")));
    xmpp.start().catch((error: unknown) => (wrong(error) ? end(() => resolve(false)) : away(error)));
  });
}

/** Conditions of RFC 6120 6.5 that speak of the account or the password. */
const WRONG = ["not-authorized", "account-disabled", "credentials-expired", "malformed-request"];

const wrong = (error: unknown): boolean =>
  error instanceof Error &&
  error.name === "SASLError" &&
  "condition" in error &&
  typeof error.condition === "string" &&
  WRONG.includes(error.condition);
