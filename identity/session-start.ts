import type { CookieOptions, Request, Response } from "express";
import type { PersonRef } from "./access.ts";
import { cookieName, sessionIdIn } from "./core-session-cookie.ts";
import { SESSION_MS, type SessionStore } from "./session-store.ts";

/** How every cookie of ours is set. Lax: who comes from a link elsewhere is still signed in. */
export const cookieOptions = (publicUrl: string): CookieOptions => ({
  httpOnly: true,
  sameSite: "lax",
  secure: publicUrl.startsWith("https:"),
  path: "/",
});

/** Begins a session in the browser that asks, in place of the one it had; gives its id. */
export async function startSession(
  { sessions, publicUrl }: { readonly sessions: SessionStore; readonly publicUrl: string },
  request: Request,
  response: Response,
  person: PersonRef,
): Promise<string> {
  const before = sessionIdIn(request.headers.cookie, publicUrl);
  if (before !== undefined) await sessions.end(before);
  const id = await sessions.start(person);
  response.cookie(cookieName(publicUrl), id, { ...cookieOptions(publicUrl), maxAge: SESSION_MS });
  return id;
}
