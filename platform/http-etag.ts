import type { Request } from "express";
import { KontorError } from "./errors.ts";

/** The strong entity tag of a version counter. */
export const versionTag = (version: number): string => `"v${version}"`;

/** Whether a request asks for a state: If-Match. */
export const hasPrecondition = (request: Request): boolean => request.headers["if-match"] !== undefined;

/** RFC 9110 13.1.1: throws `precondition-failed` unless If-Match, where it was sent, is `*` or lists the current tag. */
export function requireMatch(request: Request, current: string): void {
  const given = request.headers["if-match"];
  if (given === undefined || given.trim() === "*") return;
  // Weak tags never match here (13.1.1: strong comparison), so that W/ need not be looked at.
  if (given.split(",").some((tag) => tag.trim() === current)) return;
  throw new KontorError("precondition-failed", "Somebody changed it meanwhile: read it again and repeat your change");
}
