import express, { type Request, type RequestHandler, type Response, type Router } from "express";
import { KontorError } from "./errors.ts";
import { Download } from "./http-download.ts";
import { EventStream, type StreamGuard } from "./http-event-stream.ts";
import { StoredFile } from "./http-file.ts";
import { type Caller, isDoor, type Principal, type Route, type Scope } from "./http-route.ts";
import { storable } from "./http-text.ts";
import type { Idempotency } from "./idempotency.ts";

/** Finds out who asks; throws `not-authorized`, or `forbidden` for a forged request of a session. */
export type Authenticate = (request: Request) => Promise<Principal>;

/**
 * Mounts routes under /api/v1: token, scope and tenant are checked before anything is looked at, but for doors. With
 * `idempotency` a POST with an Idempotency-Key is carried out once; answers that go on end with `closing`.
 */
export function apiRouter(
  routes: readonly Route[],
  authenticate: Authenticate,
  idempotency?: Idempotency,
  closing?: AbortSignal,
): Router {
  const router = express.Router();

  router.use(express.json({ limit: "256kb", strict: true }));
  for (const [path, here] of routesByPath(routes)) {
    for (const each of here)
      router[each.method](pattern(path), handlerOf(each, { authenticate, idempotency, closing }));
    const methods = here.map(({ method }) => method.toUpperCase()).join(", ");
    router.all(pattern(path), (_request, response) => {
      response.setHeader("Allow", methods);
      throw new KontorError("not-allowed", `This path takes ${methods}`);
    });
  }
  return router;
}

interface Doorkeeping {
  readonly authenticate: Authenticate;
  readonly idempotency: Idempotency | undefined;
  readonly closing: AbortSignal | undefined;
}

function handlerOf(each: Route, { authenticate, idempotency, closing }: Doorkeeping): RequestHandler {
  return async (request, response) => {
    // Answers are about people.
    response.setHeader("Cache-Control", "no-store");
    if (isDoor(each)) {
      requireBodyType(each, request);
      await send(response, each, await each.run(request, response));
      return;
    }
    const principal = await authenticate(request);
    checkPermission(each, request, principal);
    requireBodyType(each, request);
    const caller = callerOf(request, response, principal);
    const run = () => each.run(request, caller);
    const key = each.method === "post" ? request.get("idempotency-key") : undefined;
    if (key === undefined || !idempotency) {
      const check = async () => checkPermission(each, request, await authenticate(request));
      await send(response, each, await run(), { check, closing });
      return;
    }
    const { value, etag, repeated } = await idempotency.once(
      { key, principal: principal.id, request, route: each },
      run,
    );
    if (repeated) response.setHeader("Idempotency-Replayed", "true");
    await send(response, each, { value, etag });
  };
}

const pattern = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** Words come before parameters, so that `people/import` is not taken for a person whom it names. */
function routesByPath(routes: readonly Route[]): [string, Route[]][] {
  const found = new Map<string, Route[]>();
  for (const each of routes) found.set(each.path, [...(found.get(each.path) ?? []), each]);
  const rank = (path: string) => path.replaceAll(/\{\w+\}/g, "~");
  return [...found].sort(([one], [other]) => (rank(one) < rank(other) ? -1 : 1));
}

function checkPermission({ scope }: { readonly scope: Scope }, request: Request, principal: Principal): void {
  const { tenant } = request.params;
  if (principal.may(scope, typeof tenant === "string" ? tenant : undefined)) return;
  // A path of another tenant must look like one that does not exist.
  if (tenant !== undefined && principal.tenant !== null && principal.tenant !== tenant) {
    throw new KontorError("not-found");
  }
  throw new KontorError("forbidden", `${scope} is not allowed with your roles`);
}

/** What no parser has taken is of a media type that is not ours. */
function requireBodyType({ body }: Route, request: Request): void {
  const named = request.get("content-type") !== undefined;
  if (body && named && request.body === undefined && request.is("json") === false) {
    throw new KontorError("unsupported-type", "Send the body as application/json");
  }
}

async function send(
  response: Response,
  { status }: Route,
  { value, etag }: { value: unknown; etag: string | undefined },
  guard?: StreamGuard,
) {
  response.status(status);
  if (etag !== undefined) response.setHeader("ETag", etag);
  if (value instanceof EventStream && guard) await value.send(response, guard);
  else if (value instanceof Download || value instanceof StoredFile) await value.send(response);
  else if (status === 204) response.end();
  // Express answers If-None-Match with 304 by itself.
  else response.json(value);
}

function callerOf(request: Request, response: Response, principal: Principal): Caller {
  const id = response.getHeader("X-Request-Id");
  return {
    principal,
    address: request.ip,
    requestId: typeof id === "string" ? id : undefined,
    reason: decodeReason(request.get("x-reason")),
  };
}

const REASON_MAX = 500;

function decodeReason(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  let reason: string;
  try {
    reason = decodeURIComponent(header);
  } catch {
    throw new KontorError("bad-request", "X-Reason must be percent-encoded UTF-8");
  }
  if (!storable(reason) || reason.length > REASON_MAX) {
    throw new KontorError("bad-request", `X-Reason is text of at most ${REASON_MAX} characters`);
  }
  return reason;
}
