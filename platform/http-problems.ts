import type { ErrorRequestHandler, Response } from "express";
import { errors, KontorError, toKontorError } from "./errors.ts";
import type { Log } from "./log.ts";

/** Writes an error as problem document (RFC 9457). */
export function sendProblem(response: Response, error: unknown, log: Log): void {
  const known = toKontorError(httpError(error));
  const { status, title } = errors[known.code];
  if (known.code === "internal") log.error("A request failed", { error, path: response.req.path });
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { retryAfterSeconds } = known.extra;
  if (retryAfterSeconds !== undefined) response.setHeader("Retry-After", String(retryAfterSeconds));
  if (status === 401) response.setHeader("WWW-Authenticate", 'Bearer realm="kontor"');
  response
    .status(status)
    .type("application/problem+json")
    .send(
      JSON.stringify({
        type: `urn:kontor:problem:${known.code}`,
        title,
        status,
        detail: known.message,
        ...known.extra,
        ...requestIdMember(response),
      }),
    );
}

/** Names the request in its problem document, so that who reports it and the log speak of the same one. */
function requestIdMember(response: Response): { requestId?: string } {
  const id = response.getHeader("X-Request-Id");
  return typeof id === "string" ? { requestId: id } : {};
}

/** Errors of Express' own body parser carry a status: 400 and 413 are the caller's. */
function httpError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof KontorError || !("status" in error)) return error;
  if (error.status === 413) return new KontorError("too-large", "The body is too large", {}, error);
  if (error.status === 415) return new KontorError("unsupported-type", error.message, {}, error);
  if (typeof error.status === "number" && error.status < 500) return new KontorError("bad-request", error.message);
  return error;
}

/** The last handler of an app. */
export function problemHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => sendProblem(response, error, log);
}
