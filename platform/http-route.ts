import type { Request, Response } from "express";
import { z } from "zod";
import { type ErrorCode, KontorError } from "./errors.ts";
import { Download } from "./http-download.ts";
import { hasPrecondition, requireMatch } from "./http-etag.ts";
import { unstorable } from "./http-text.ts";

/** What a route asks for, such as `person:create`: an action of identity's table of permissions. */
export type Scope = `${string}:${string}`;

/** Who asks. */
export interface Principal {
  /** Person id or token id. */
  readonly id: string;
  readonly name: string;
  /** The tenant it belongs to; null for a token of the operator, valid for all tenants. */
  readonly tenant: string | null;
  /** Set for people who signed in. */
  readonly person: { readonly tenant: string; readonly id: string; readonly localpart: string } | undefined;
  readonly roles: readonly string[];
  /** Whether it may do an action in a tenant; undefined: for the installation. */
  may(action: Scope, tenant: string | undefined): boolean;
}

/** Who asks, from where and why: what the audit log records of a request. */
export interface Caller {
  readonly principal: Principal;
  readonly address: string | undefined;
  readonly requestId: string | undefined;
  /** Header `X-Reason`, percent-encoded UTF-8. */
  readonly reason: string | undefined;
}

interface RouteContext<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: Caller;
  /** Header `Last-Event-ID`: the last event that a client had which comes back to a stream. */
  readonly lastEventId: string | undefined;
  /** Throws `precondition-failed` unless If-Match (RFC 9110 13.1.1), where it was sent, holds the current tag. */
  readonly ifMatch: (current: string) => void;
}

/** What a route's work gave. */
export interface Outcome {
  readonly value: unknown;
  readonly etag: string | undefined;
}

/** What all routes say of themselves: the schemas are types, validation and OpenAPI document at once. */
interface Described {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** Under /api/v1, parameters as `{name}`; a parameter named `tenant` is checked against the token. */
  readonly path: string;
  readonly summary: string;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodType | undefined;
  readonly status: 200 | 201 | 202 | 204;
  readonly response: z.ZodType | undefined;
  /** Media types of an answer that is a Download. */
  readonly downloads: readonly string[];
  readonly problems: readonly ErrorCode[];
  /** Whether answers have an ETag, and changes thus take If-Match. */
  readonly tagged: boolean;
  /** Whether the answer holds a secret that is shown once. */
  readonly secret: boolean;
}

/** A route for whoever may do its action. */
interface ActionRoute extends Described {
  readonly scope: Scope;
  readonly run: (request: Request, caller: Caller) => Promise<Outcome>;
}

/** A route that no table of permissions guards, see door(). */
export interface Door extends Described {
  /** `open` to anybody, or for who has a session. */
  readonly scope: "open" | "session";
  readonly setsCookie: boolean;
  readonly run: (request: Request, response: Response) => Promise<Outcome>;
}

/** A route as data. */
export type Route = ActionRoute | Door;

export const isDoor = (each: Route): each is Door => each.scope === "open" || each.scope === "session";

interface RouteSpec<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, R extends z.ZodType> {
  readonly method: Route["method"];
  readonly path: string;
  readonly summary: string;
  readonly scope: Scope;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly status?: Route["status"];
  readonly response?: R;
  readonly downloads?: readonly string[];
  readonly problems?: readonly ErrorCode[];
  /**
   * The strong entity tag of an answer, see versionTag() and shownTag(): reads answer 304 to If-None-Match. A change that
   * declares it calls `ifMatch` with the tag of what is there, in the transaction that changes it.
   */
  readonly etag?: (result: z.input<R>) => string;
  /** Set where the answer holds a secret that is shown once: it is then not kept for a repeated Idempotency-Key. */
  readonly secret?: boolean;
  readonly handle: (context: RouteContext<z.output<P>, z.output<Q>, z.output<B>>) => Promise<z.input<R>>;
}

export const none = z.object({});

/** Declares a route. What `handle` returns is checked by its type; what it gets has passed the schemas. */
export function route<
  P extends z.ZodObject = typeof none,
  Q extends z.ZodObject = typeof none,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodVoid,
>(spec: RouteSpec<P, Q, B, R>): ActionRoute {
  const params = spec.params ?? none;
  const query = spec.query ?? none;
  // Made once: making a schema costs far more than using it.
  const strictQuery = query.strict();
  const { etag } = spec;
  return {
    method: spec.method,
    path: spec.path,
    summary: spec.summary,
    scope: spec.scope,
    params,
    query,
    body: spec.body,
    status: spec.status ?? 200,
    response: spec.response,
    downloads: spec.downloads ?? [],
    problems: spec.problems ?? [],
    tagged: etag !== undefined,
    secret: spec.secret ?? false,
    run: async (request, caller) => {
      if (etag === undefined && request.method !== "GET" && request.method !== "HEAD" && hasPrecondition(request)) {
        throw new KontorError("precondition-failed", "This has no versions: send the request without If-Match");
      }
      const value = await spec.handle({
        params: parseInput(params, request.params, "path") as z.output<P>,
        query: parseInput(strictQuery, request.query, "query") as z.output<Q>,
        body: (spec.body ? parseInput(spec.body, request.body, "body") : undefined) as z.output<B>,
        caller,
        lastEventId: request.get("last-event-id"),
        ifMatch: (current) => requireMatch(request, current),
      });
      return { value, etag: etag?.(value) };
    },
  };
}

/** The schema of an answer that is a file, for routes that name their `downloads`. */
export const download = z.instanceof(Download);

/** What a part of a request holds by its schema. Throws `bad-request` that names each wrong member. */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const bad = unstorable(value);
  if (bad !== undefined)
    throw new KontorError("bad-request", `${[where, ...bad].join(".")}: text with NUL or half a character`);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const detail = result.error.issues.map((issue) => `${[where, ...issue.path].join(".")}: ${issue.message}`).join("; ");
  throw new KontorError("bad-request", detail);
}
