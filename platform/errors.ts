import { types } from "node:util";

/**
 * The one table of errors: a code has an XMPP condition with its type (RFC 6120 8.3.3) and an HTTP status with a title
 * (RFC 9457). Callers switch on the code, never on texts.
 */

/** RFC 6120 8.3.2: what the sender may do about an error. */
type StanzaErrorType = "auth" | "cancel" | "continue" | "modify" | "wait";

interface ErrorRow {
  readonly condition: string;
  readonly type: StanzaErrorType;
  readonly status: number;
  readonly title: string;
}

const row = (condition: string, type: StanzaErrorType, status: number, title: string): ErrorRow => ({
  condition,
  type,
  status,
  title,
});

export const errors = {
  "bad-request": row("bad-request", "modify", 400, "The request is malformed"),
  conflict: row("conflict", "cancel", 409, "The name is already in use"),
  "feature-not-implemented": row("feature-not-implemented", "cancel", 501, "This is not offered here"),
  forbidden: row("forbidden", "auth", 403, "This is not allowed"),
  "not-found": row("item-not-found", "cancel", 404, "There is no such thing"),
  "jid-malformed": row("jid-malformed", "modify", 400, "The address is malformed"),
  "not-acceptable": row("not-acceptable", "modify", 406, "This is not acceptable here"),
  "not-allowed": row("not-allowed", "cancel", 405, "This is not allowed for anyone"),
  "not-authorized": row("not-authorized", "auth", 401, "Sign in first"),
  /** XEP-0045 7.2.6: the room takes members only. */
  "registration-required": row("registration-required", "auth", 403, "Membership is required"),
  "policy-violation": row("policy-violation", "modify", 403, "A rule of the tenant forbids this"),
  "too-large": row("not-acceptable", "modify", 413, "This is too large"),
  "unsupported-type": row("not-acceptable", "modify", 415, "This media type is not taken here"),
  "range-not-satisfiable": row("bad-request", "modify", 416, "The range lies outside the file"),
  "precondition-failed": row("conflict", "cancel", 412, "It was changed meanwhile"),
  "idempotency-mismatch": row("conflict", "cancel", 422, "The Idempotency-Key belongs to another request"),
  gone: row("gone", "cancel", 410, "This has expired"),
  "service-unavailable": row("service-unavailable", "cancel", 503, "The service is not available"),
  "too-many": row("resource-constraint", "wait", 429, "Too many requests, try again later"),
  "quota-reached": row("resource-constraint", "wait", 507, "A quota of the tenant is used up"),
  unavailable: row("resource-constraint", "wait", 503, "A part that is needed is away, try again later"),
  internal: row("internal-server-error", "cancel", 500, "Something failed on our side"),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errors;

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errors, code);

/** An error that a user may see: `detail` says what to do next and never holds a secret. */
export class KontorError extends Error {
  readonly code: ErrorCode;
  /** Further members for the problem document or the stanza error, such as `maxBytes` or `retryAfterSeconds`. */
  readonly extra: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, detail?: string, extra: Record<string, string | number> = {}, cause?: unknown) {
    super(detail ?? errors[code].title, cause === undefined ? undefined : { cause });
    this.name = "KontorError";
    this.code = code;
    this.extra = extra;
  }
}

/** Codes of the operating system and of PostgreSQL (classes 08, 53, 57, 58, 25006) which say that a server is away, full or read-only. */
const AWAY =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|ENOENT|ENOSPC|08\w{3}|53\w{3}|57\w{3}|58\w{3}|25006)$/;
const AWAY_TEXT =
  /connection terminated|connection is closed|timeout exceeded when trying to connect|max retries|stream isn't writeable|client has encountered a connection error/i;

function isAway(error: unknown): boolean {
  // Errors of Node's own modules may come from another realm than ours: no instanceof.
  if (!types.isNativeError(error)) return false;
  if ("errors" in error && Array.isArray(error.errors) && error.errors.some(isAway)) return true;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return AWAY.test(code) || AWAY_TEXT.test(error.message) || isAway(error.cause);
}

/** Turns whatever was thrown into an error of the table: known ones stay, a server that is away becomes `unavailable`. */
export function toKontorError(error: unknown): KontorError {
  if (error instanceof KontorError) return error;
  if (isAway(error)) return new KontorError("unavailable", undefined, {}, error);
  return new KontorError("internal", undefined, {}, error);
}
