import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from "express";
import { z } from "zod";
import { type ErrorCode, errors, KontorError, toKontorError } from "./errors.ts";
import type { Log } from "./log.ts";

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
}

/** A route as data: the schemas are types, validation and OpenAPI document at once. */
export interface Route {
  readonly method: "get" | "post" | "put" | "delete";
  /** Under /api/v1, parameters as `{name}`; a parameter named `tenant` is checked against the token. */
  readonly path: string;
  readonly summary: string;
  readonly scope: Scope;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodType | undefined;
  readonly status: 200 | 201 | 202 | 204;
  readonly response: z.ZodType | undefined;
  readonly problems: readonly ErrorCode[];
  readonly run: (request: Request, caller: Caller) => Promise<unknown>;
}

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
  readonly problems?: readonly ErrorCode[];
  readonly handle: (context: RouteContext<z.output<P>, z.output<Q>, z.output<B>>) => Promise<z.input<R>>;
}

const none = z.object({});

/** Declares a route. What `handle` returns is checked by its type; what it gets has passed the schemas. */
export function route<
  P extends z.ZodObject = typeof none,
  Q extends z.ZodObject = typeof none,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodVoid,
>(spec: RouteSpec<P, Q, B, R>): Route {
  const params = spec.params ?? none;
  const query = spec.query ?? none;
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
    problems: spec.problems ?? [],
    run: (request, caller) =>
      spec.handle({
        params: parseInput(params, request.params, "path") as z.output<P>,
        query: parseInput(query.strict(), request.query, "query") as z.output<Q>,
        body: (spec.body ? parseInput(spec.body, request.body, "body") : undefined) as z.output<B>,
        caller,
      }),
  };
}

function parseInput<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const detail = result.error.issues.map((issue) => `${[where, ...issue.path].join(".")}: ${issue.message}`).join("; ");
  throw new KontorError("bad-request", detail);
}

/** Finds out who asks; throws `not-authorized`, or `forbidden` for a forged request of a session. */
export type Authenticate = (request: Request) => Promise<Principal>;

/** Mounts routes under /api/v1: token, scope and tenant are checked before anything is parsed. */
export function apiRouter(routes: readonly Route[], authenticate: Authenticate): Router {
  const router = express.Router();
  router.use(express.json({ limit: "256kb", strict: true }));
  for (const each of routes) {
    const handler: RequestHandler = async (request, response) => {
      const principal = await authenticate(request);
      const { tenant } = request.params;
      if (!principal.may(each.scope, typeof tenant === "string" ? tenant : undefined)) {
        // A path of another tenant must look like one that does not exist.
        if (tenant !== undefined && principal.tenant !== null && principal.tenant !== tenant) {
          throw new KontorError("not-found");
        }
        throw new KontorError("forbidden", `${each.scope} is not allowed with your roles`);
      }
      const result = await each.run(request, callerOf(request, response, principal));
      response.status(each.status);
      if (each.status === 204) response.end();
      else response.json(result);
    };
    router[each.method](each.path.replaceAll(/\{(\w+)\}/g, ":$1"), handler);
  }
  return router;
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

function decodeReason(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  try {
    return decodeURIComponent(header).slice(0, 500);
  } catch {
    throw new KontorError("bad-request", "X-Reason must be percent-encoded UTF-8");
  }
}

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
  if (typeof error.status === "number" && error.status < 500) return new KontorError("bad-request", error.message);
  return error;
}

/** The last handler of an app. */
export function problemHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => sendProblem(response, error, log);
}

/** The OpenAPI 3.1 document of the routes. */
export function openApi(routes: readonly Route[], info: { title: string; version: string }): Record<string, unknown> {
  const json = (schema: z.ZodType, io: "input" | "output") => {
    const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
    return rest;
  };
  const parametersOf = (schema: z.ZodObject, where: "path" | "query") =>
    Object.entries(schema.shape).map(([name, field]) => ({
      name,
      in: where,
      required: where === "path" || !field.safeParse(undefined).success,
      schema: json(z.object({ field }).shape.field, "input"),
    }));
  const problem = { $ref: "#/components/responses/Problem" };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const each of routes) {
    const path = `/api/v1${each.path}`;
    const codes: readonly ErrorCode[] = [
      "bad-request",
      "not-authorized",
      "forbidden",
      "not-found",
      "unavailable",
      ...each.problems,
    ];
    const operation = {
      summary: each.summary,
      security: [{ bearer: [each.scope] }],
      parameters: [...parametersOf(each.params, "path"), ...parametersOf(each.query, "query")],
      ...(each.body
        ? { requestBody: { required: true, content: { "application/json": { schema: json(each.body, "input") } } } }
        : {}),
      responses: {
        [each.status]: each.response
          ? { description: "Done", content: { "application/json": { schema: json(each.response, "output") } } }
          : { description: "Done" },
        ...Object.fromEntries(codes.map((code) => [errors[code].status, problem])),
      },
    };
    paths[path] = { ...paths[path], [each.method]: operation };
  }
  return {
    openapi: "3.1.0",
    info,
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      responses: {
        Problem: {
          description: "What went wrong and what to do next (RFC 9457)",
          content: {
            "application/problem+json": {
              schema: {
                type: "object",
                required: ["type", "title", "status", "detail"],
                properties: {
                  type: { type: "string", enum: Object.keys(errors).map((code) => `urn:kontor:problem:${code}`) },
                  title: { type: "string" },
                  status: { type: "integer" },
                  detail: { type: "string" },
                  requestId: { type: "string" },
                },
              },
            },
          },
        },
      },
    },
  };
}
