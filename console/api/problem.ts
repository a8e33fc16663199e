import * as z from "zod/mini";

const document = z.object({
  type: z.optional(z.string()),
  detail: z.optional(z.string()),
  requestId: z.optional(z.string()),
  reason: z.optional(z.string()),
});

const PREFIX = "urn:kontor:problem:";

/** What the API answered instead of a result (RFC 9457). */
export class Problem extends Error {
  readonly status: number;
  /** The code of the API's one table of errors; `http` for an answer of something else on the way. */
  readonly code: string;
  readonly detail: string;
  readonly requestId: string | undefined;
  /** Which of several cases of the code it is, where the API says so. */
  readonly reason: string | undefined;

  constructor(status: number, body: unknown) {
    const read = document.safeParse(body);
    const { type = "", detail = "", requestId, reason } = read.success ? read.data : {};
    super(detail || `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = type.startsWith(PREFIX) ? type.slice(PREFIX.length) : "http";
    this.detail = detail;
    this.requestId = requestId;
    this.reason = reason;
  }
}

export interface FieldIssue {
  readonly field: string;
  readonly message: string;
}

/** The fields that a refused body names in its detail, as in `body.localpart: too long; body.name: too short`. */
export function fieldIssues(error: unknown): FieldIssue[] {
  if (!(error instanceof Problem)) return [];
  return error.detail.split("; ").flatMap((part) => {
    const [, field, message] = /^body\.([\w-]+)(?:\.[\w.-]+)?: (.+)$/s.exec(part) ?? [];
    return field && message ? [{ field, message }] : [];
  });
}
