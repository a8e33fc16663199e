import { lookup } from "node:dns";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isPublicAddress } from "./core-address.ts";

/**
 * Requests to addresses that somebody else has named, such as a tenant's administrator: they reach the public internet
 * over HTTPS and nothing else, end in time, and bring back no more than is bearable.
 */

export interface OutboundBounds {
  /** Lets plain HTTP and addresses that are not public be reached as well. */
  readonly allowLocal: boolean;
  /** Milliseconds for all of a request. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Why nothing came back. */
type OutboundReason = "not-https" | "local-address" | "unreachable" | "timeout" | "too-large";

export class OutboundError extends Error {
  readonly reason: OutboundReason;

  constructor(reason: OutboundReason, cause?: unknown) {
    super(`an outbound request failed: ${reason}`, cause === undefined ? undefined : { cause });
    this.name = "OutboundError";
    this.reason = reason;
  }
}

interface OutboundRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** One request on a connection of its own; redirects are answers like all others. Throws OutboundError. */
export async function fetchOutbound(url: string, what: OutboundRequest, bounds: OutboundBounds): Promise<Response> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== "https:" && !(bounds.allowLocal && protocol === "http:")) throw new OutboundError("not-https");
  const host = hostname.replace(/^\[|\]$/g, "");
  // An address that stands in the URL is never looked up.
  if (isIP(host) !== 0 && !bounds.allowLocal && !isPublicAddress(host)) throw new OutboundError("local-address");
  const signal = AbortSignal.timeout(bounds.timeoutMs);
  try {
    const answer = await send(url, what, bounds, signal);
    const body = await readAll(answer, bounds.maxBytes);
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined) headers.set(name, String(value));
    }
    const status = answer.statusCode ?? 0;
    const empty = status === 204 || status === 205 || status === 304;
    return new Response(empty ? null : new Uint8Array(body), { status, headers });
  } catch (error) {
    if (error instanceof OutboundError) throw error;
    throw new OutboundError(signal.aborted ? "timeout" : "unreachable", error);
  }
}

function send(
  url: string,
  { method, headers, body }: OutboundRequest,
  { allowLocal }: OutboundBounds,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const make = url.startsWith("https:") ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...headers }, signal, agent: false };
    const sent = make(url, allowLocal ? options : { ...options, lookup: publicLookup }, resolve);
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The check lies where the connection gets its address: a name that answers differently the second time gains nothing. */
const publicLookup: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, "", 0);
    const [first] = addresses;
    if (!first || !addresses.every(({ address }) => isPublicAddress(address))) {
      return done(new OutboundError("local-address"), "", 0);
    }
    if (options.all) done(null, addresses);
    else done(null, first.address, first.family);
  });
};

async function readAll(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > maxBytes) {
      answer.destroy();
      throw new OutboundError("too-large");
    }
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}
