/** How a stored file is shown to a browser. Pure. */

// Types that carry no script and that people look at or listen to in place. Everything else is saved, not shown.
const INLINE = new Set([
  ...["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"],
  ...["audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm", "audio/flac", "audio/aac"],
  ...["video/mp4", "video/webm", "video/ogg"],
  "text/plain",
]);

/** The Content-Type of a file of a declared type. */
export function contentType(type: string | undefined): string {
  if (type === "text/plain") return "text/plain; charset=utf-8";
  return type ?? "application/octet-stream";
}

/** Content-Disposition (RFC 6266) with the name in ASCII for old readers and as it is (RFC 8187). */
export function contentDisposition(name: string, type: string | undefined): string {
  const kind = type !== undefined && INLINE.has(type) ? "inline" : "attachment";
  const ascii = name.replace(/[^\x20-\x7e]/gu, "_").replace(/["\\%]/g, "_");
  const plain = `${kind}; filename="${ascii}"`;
  return ascii === name ? plain : `${plain}; filename*=UTF-8''${extValue(name)}`;
}

/** RFC 8187 3.2.1: attr-char stand for themselves, all else as bytes of UTF-8. */
function extValue(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const MAX_CACHE_SECONDS = 86_400;

/** A link's holder may keep a copy for a day, never longer than the link holds. */
export function cacheControl(expiresSeconds: number, now: number): string {
  const left = Math.max(0, Math.min(MAX_CACHE_SECONDS, expiresSeconds - Math.floor(now / 1_000)));
  return `private, max-age=${left}, immutable`;
}

/** Of every answer. A file must never run as a page of this service, whatever it holds. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; sandbox",
  "Cross-Origin-Resource-Policy": "cross-origin",
  // The signature stands in the address: it must not travel on to other sites.
  "Referrer-Policy": "no-referrer",
};

/** XEP-0363 8: web clients live on other origins. Nothing here depends on cookies, so no credentials are allowed. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "OPTIONS, HEAD, GET, PUT",
  "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match, If-Range, Range",
  "Access-Control-Expose-Headers": "Accept-Ranges, Content-Disposition, Content-Range, ETag",
  "Access-Control-Max-Age": "86400",
};
