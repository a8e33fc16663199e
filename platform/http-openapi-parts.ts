import { type ErrorCode, errors, isErrorCode } from "./errors.ts";

/** What the document of the API describes once for all routes: headers, and an answer for each status of a problem. */

const text = (description: string, schema: object = {}) => ({ description, schema: { type: "string", ...schema } });

export const headers = {
  "X-Request-Id": text("Names the request in the logs; the caller's own where it sent a good one."),
  ETag: text("Version of what is answered: for If-None-Match and If-Match."),
  "Set-Cookie": text("The session's cookie: HttpOnly, SameSite=Lax."),
  "Idempotency-Replayed": text("The request had been carried out before: this is its answer.", { enum: ["true"] }),
  "WWW-Authenticate": text("How to come in (RFC 6750)."),
  Allow: text("The methods that the path takes."),
  "Retry-After": { description: "Seconds to wait.", schema: { type: "integer", minimum: 1 } },
};

type HeaderName = keyof typeof headers;
const refs = (...names: HeaderName[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** Headers of every answer. */
export const always = refs("X-Request-Id");

const ofStatus: Readonly<Record<number, HeaderName>> = { 401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After" };

const codesByStatus = new Map<number, ErrorCode[]>();
for (const code of Object.keys(errors).filter(isErrorCode)) {
  const { status } = errors[code];
  codesByStatus.set(status, [...(codesByStatus.get(status) ?? []), code]);
}

/** `Problem404` and so on: for each status the problems (RFC 9457) that have it. */
export const problemResponses = Object.fromEntries(
  [...codesByStatus].map(([status, codes]) => [`Problem${status}`, problemResponse(status, codes)]),
);

function problemResponse(status: number, codes: readonly ErrorCode[]): Record<string, unknown> {
  const own = ofStatus[status];
  return {
    description: codes.map((code) => errors[code].title).join("; or: "),
    headers: { ...always, ...(own ? refs(own) : {}) },
    content: {
      "application/problem+json": {
        schema: {
          type: "object",
          description: "What went wrong and what to do next (RFC 9457).",
          required: ["type", "title", "status", "detail", "requestId"],
          properties: {
            type: { type: "string", enum: codes.map((code) => `urn:kontor:problem:${code}`) },
            title: { type: "string", enum: [...new Set(codes.map((code) => errors[code].title))] },
            status: { const: status },
            detail: { type: "string" },
            requestId: { type: "string" },
          },
        },
      },
    },
  };
}
