import { createHash } from "node:crypto";
import type { Request } from "express";
import { KontorError } from "./errors.ts";

/** What a shownTag has behind its version. */
const SHOWN = /\.[\w-]+"$/;

/** The strong entity tag of a version counter. */
export const versionTag = (version: number): string => `"v${version}"`;

/**
 * The strong entity tag of an answer that shows more than what has versions, such as figures of the moment: it is another
 * one when any of that is. A change that names it is about the version alone.
 */
export const shownTag = (version: number, shown: object): string => `"v${version}.${hashOf(shown)}"`;

/** The strong entity tag of an answer that is read only and has no version. */
export const contentTag = (shown: object): string => `"${hashOf(shown)}"`;

const hashOf = (shown: object): string =>
  createHash("sha256").update(JSON.stringify(shown)).digest("base64url").slice(0, 16);

/** Whether a request asks for a state: If-Match. */
export const hasPrecondition = (request: Request): boolean => request.headers["if-match"] !== undefined;

/**
 * RFC 9110 13.1.1: throws `precondition-failed` unless If-Match, where it was sent, is `*` or lists the current tag. Of a
 * shownTag the version counts: a change is not refused because somebody came in.
 */
export function requireMatch(request: Pick<Request, "headers">, current: string): void {
  const given = request.headers["if-match"];
  if (given === undefined || given.trim() === "*") return;
  // Weak tags never match here (13.1.1: strong comparison), so that W/ need not be looked at.
  if (given.split(",").some((tag) => tag.trim().replace(SHOWN, '"') === current)) return;
  throw new KontorError("precondition-failed", "Somebody changed it meanwhile: read it again and repeat your change");
}
