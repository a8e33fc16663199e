import type { RequestHandler, Response } from "express";
import type { Clock } from "../../platform/clock.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { Metrics } from "../../platform/metrics.ts";

const REQUEST_ID = "X-Request-Id";
/** What a caller may name its request: nothing that could forge a line of the log. */
const acceptable = /^[\w.-]{8,64}$/;
/** Probes come every few seconds and read the answer themselves. */
const quiet = new Set(["/healthz"]);

/** The id of the request that a response answers; empty before `requestId` has run. */
export function requestIdOf(response: Response): string {
  const id = response.getHeader(REQUEST_ID);
  return typeof id === "string" ? id : "";
}

/** Gives each request an id, its caller's own where that is acceptable, and sends it back in X-Request-Id. */
export function requestId(newId: NewId): RequestHandler {
  return (request, response, next) => {
    const given = request.get(REQUEST_ID);
    response.setHeader(REQUEST_ID, given !== undefined && acceptable.test(given) ? given : newId());
    next();
  };
}

/** Remembers under which path a router is mounted: Express forgets it once an error has left the router. */
export function mountedAt(path: string): RequestHandler {
  return (_request, response, next) => {
    response.locals.mount = path;
    next();
  };
}

/** The pattern that matched, never the path itself: that may hold file names and would make labels without number. */
function routeOf(response: Response): string {
  const mount: unknown = response.locals.mount;
  const pattern: unknown = response.req.route?.path;
  if (typeof mount !== "string") return typeof pattern === "string" ? pattern : "unmatched";
  return `${mount}${typeof pattern === "string" ? pattern : "/*"}`;
}

/**
 * One line of class `connection` and one observation for each request, when its answer is out or broken off. Without
 * address, query, token or file name: the line says what was asked of which door and how it went, not by whom.
 */
export function accessLog(log: Log, metrics: Metrics, clock: Clock): RequestHandler {
  const lines = log.with({ class: "connection" });
  const seconds = metrics.histogram(
    "kontor_http_request_seconds",
    "Time from the head of a request to the end of its answer",
    [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    ["method", "route", "status"],
  );
  return (request, response, next) => {
    const started = clock();
    // Requests of one connection follow each other, so the difference is what this one took.
    const { socket } = request;
    const sent = socket.bytesWritten;
    response.once("close", () => {
      const route = routeOf(response);
      const ms = Math.max(0, clock() - started);
      const { statusCode: status, writableFinished } = response;
      seconds.observe({ method: request.method, route, status: String(status) }, ms / 1000);
      const fields = {
        requestId: requestIdOf(response),
        method: request.method,
        route,
        status,
        ms,
        bytes: socket.bytesWritten - sent,
        ...(writableFinished ? {} : { brokenOff: true }),
      };
      if (quiet.has(route)) lines.debug("Request", fields);
      else lines.info("Request", fields);
    });
    next();
  };
}
