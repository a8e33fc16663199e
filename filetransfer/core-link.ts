/** Signed links to files: what the signature covers, how a link is written and how it is checked. Pure. */
import { KontorError } from "../platform/errors.ts";
import { equalSecrets, sign } from "../platform/secrets.ts";

/** Which file of which tenant. The name is part of it, so that nobody passes a link on under another name. */
export interface FileRef {
  readonly tenant: string;
  readonly id: string;
  readonly name: string;
}

/** As it came in by a request. */
export interface SignedQuery {
  /** Seconds since 1970. */
  readonly expires: number;
  readonly signature: string;
}

export interface LinkOptions {
  /** Base URL of the gateway as clients see it, with or without a path. */
  readonly publicUrl: string;
  readonly secret: string;
}

const putSignature = (secret: string, file: FileRef, size: number, expires: number): string =>
  sign(secret, "file-put", file.tenant, file.id, file.name, String(size), String(expires));

const getSignature = (secret: string, file: FileRef, expires: number): string =>
  sign(secret, "file-get", file.tenant, file.id, file.name, String(expires));

/** Where to PUT exactly `size` bytes until `expiresAt` (milliseconds). One use: the store sees to that. */
export function putLink(options: LinkOptions, file: FileRef, size: number, expiresAt: number): string {
  const expires = Math.floor(expiresAt / 1_000);
  const signature = putSignature(options.secret, file, size, expires);
  return `${fileUrl(options.publicUrl, file)}?size=${size}&expires=${expires}&sig=${signature}`;
}

/** Where to GET a file until `expiresAt` (milliseconds). */
export function getLink(options: LinkOptions, file: FileRef, expiresAt: number): string {
  const expires = Math.floor(expiresAt / 1_000);
  return `${fileUrl(options.publicUrl, file)}?expires=${expires}&sig=${getSignature(options.secret, file, expires)}`;
}

/** Throws `forbidden` for a signature that is not ours, `gone` for a link past its time. */
export function checkPutLink(
  secret: string,
  file: FileRef,
  query: SignedQuery & { readonly size: number },
  now: number,
): void {
  check(
    putSignature(secret, file, query.size, query.expires),
    query,
    now,
    "The upload slot has expired: ask for a new one",
  );
}

/** Throws `forbidden` for a signature that is not ours, `gone` for a link past its time. */
export function checkGetLink(secret: string, file: FileRef, query: SignedQuery, now: number): void {
  check(getSignature(secret, file, query.expires), query, now, "The link has expired: ask for the file again");
}

function check(expected: string, query: SignedQuery, now: number, expired: string): void {
  // The signature first: only who holds a link of ours may learn that its time is over.
  if (!equalSecrets(expected, query.signature)) {
    throw new KontorError("forbidden", "The link is not valid: use it unchanged, as it was given");
  }
  if (now >= query.expires * 1_000) throw new KontorError("gone", expired);
}

function fileUrl(publicUrl: string, file: FileRef): string {
  const path = [file.tenant, file.id, file.name].map(encodeSegment).join("/");
  return `${publicUrl.replace(/\/+$/, "")}/files/${path}`;
}

/** RFC 3986 3.3; the sub-delimiters too, since clients that look for links in text stop at some of them. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const MAX_LINKED = 20;

/** The ids of a tenant's files whose links stand in a text, each once. */
export function linkedIds(tenant: string, text: string): string[] {
  const links = text.matchAll(/\/files\/([a-z0-9-]+)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//g);
  const ids = [...links].flatMap(([, owner, id]) => (owner === tenant && id !== undefined ? [id] : []));
  return [...new Set(ids)].slice(0, MAX_LINKED);
}
