import * as z from "zod/mini";
import { readEvents, type SentEvent } from "./event-stream.ts";
import { Problem } from "./problem.ts";

// The page's policy forbids making code from text, which zod would try for speed.
z.config({ jitless: true });

const BASE = "/api/v1";

export interface CallOptions {
  readonly body?: unknown;
  /** A text instead of a JSON body, such as a CSV file. */
  readonly text?: { readonly type: string; readonly content: string };
  readonly csrf?: string;
  /** Goes into the audit log. */
  readonly reason?: string;
  /** The version that is changed: refused when somebody was faster. */
  readonly version?: number;
}

export interface Answer {
  readonly body: unknown;
  readonly etag: string | null;
}

/** Calls the API with the session's cookie. Throws Problem for every refusal, TypeError while the network is away. */
export async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { body, text, csrf, reason, version } = options;
  const headers: Record<string, string> = { Accept: "application/json" };
  if (csrf !== undefined) headers["X-CSRF-Token"] = csrf;
  // Header values are Latin-1: percent-encoded they carry every language.
  if (reason) headers["X-Reason"] = encodeURIComponent(reason);
  if (version !== undefined) headers["If-Match"] = `"v${version}"`;
  if (method === "POST") headers["Idempotency-Key"] = randomKey();
  const content = text?.content ?? (body === undefined ? null : JSON.stringify(body));
  if (content !== null) headers["Content-Type"] = text?.type ?? "application/json";
  const response = await fetch(BASE + path, { method, headers, body: content, credentials: "same-origin" });
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new Problem(response.status, answer);
  return { body: answer, etag: response.headers.get("ETag") };
}

/** Fetches a file with the session's cookie. Throws as `call` does. */
export async function fetchFile(path: string, reason: string): Promise<Blob> {
  const headers = { "X-Reason": encodeURIComponent(reason) };
  const response = await fetch(BASE + path, { headers, credentials: "same-origin" });
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => undefined));
  return response.blob();
}

/** The address of a file of the API, for a link by which the browser saves it as it comes. */
export const fileAddress = (path: string): string => BASE + path;

export interface Following {
  /** Where the API asks for one. */
  readonly reason?: string;
  readonly take: (event: SentEvent) => void;
  /** Whether events come just now. */
  readonly connected: (up: boolean) => void;
  readonly signal: AbortSignal;
}

/** How long to wait before coming back; longer each time nothing came. */
const BACK_MS = [500, 2_000, 5_000, 15_000];

/** Follows server-sent events, and goes on after the last one when the connection ends. Throws Problem for a refusal. */
export async function followEvents(path: string, { reason, take, connected, signal }: Following): Promise<void> {
  let last: string | undefined;
  for (let vain = 0; !signal.aborted; vain += 1) {
    const headers = {
      ...(reason === undefined ? {} : { "X-Reason": encodeURIComponent(reason) }),
      ...(last === undefined ? {} : { "Last-Event-ID": last }),
    };
    try {
      const response = await fetch(BASE + path, { headers, credentials: "same-origin", signal });
      if (response.status >= 400 && response.status < 500) {
        throw new Problem(response.status, await response.json().catch(() => undefined));
      }
      if (response.ok) {
        connected(true);
        await readEvents(response, (event) => {
          if (event.id !== "") last = event.id;
          vain = 0;
          take(event);
        });
      }
    } catch (error) {
      if (error instanceof Problem) throw error;
      // The network is away: that is shown, and tried again.
    }
    if (signal.aborted) return;
    connected(false);
    await new Promise((resolve) => setTimeout(resolve, BACK_MS[Math.min(vain, BACK_MS.length - 1)]));
  }
}

/** Not randomUUID: browsers have that over HTTPS only. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The path of an address: each part encoded. */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return parts.map((part, index) => part + encodeURIComponent(values[index] ?? "")).join("");
}

/** A query of what is set, with its question mark; empty when nothing is. */
export function queryText(values: Readonly<Record<string, string | number | undefined>>): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  if (set.length === 0) return "";
  return `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}`;
}
