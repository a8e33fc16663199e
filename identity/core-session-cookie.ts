/** The cookie of a session and what a browser tells of where a request comes from. Pure. */

/** With `__Host-` a browser takes the cookie only over HTTPS, for this host alone. */
export const cookieName = (publicUrl: string): string =>
  publicUrl.startsWith("https:") ? "__Host-kontor" : "kontor-session";

/** The session's id in a Cookie header; undefined for none, or one that no session of ours can have. */
export const sessionIdIn = (header: string | undefined, publicUrl: string): string | undefined =>
  cookieIn(header, cookieName(publicUrl));

/** The name of the cookie that ties a sign-in through a provider to the browser which began it. */
export const pendingCookieName = (publicUrl: string): string => `${cookieName(publicUrl)}-oidc`;

/** 256 random bits in a cookie of this name. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  const prefix = `${name}=`;
  const pair = header
    ?.split(";")
    .map((each) => each.trim())
    .find((each) => each.startsWith(prefix));
  const id = pair?.slice(prefix.length);
  return id !== undefined && /^[\w-]{43}$/.test(id) ? id : undefined;
}

export interface Provenance {
  readonly origin: string | undefined;
  readonly host: string | undefined;
  /** Header Sec-Fetch-Site. */
  readonly site: string | undefined;
}

/**
 * Whether a request may come from a page of our own: its origin is that of the public URL or of the host it was sent
 * to. A caller that tells neither is no browser, or an old one, which the CSRF token stops.
 */
export function isOwnOrigin({ origin, host, site }: Provenance, publicUrl: string): boolean {
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { host: from } = new URL(origin);
  return origin === new URL(publicUrl).origin || (host !== undefined && from === host.toLowerCase());
}
