import type { Request, Response } from "express";
import type { z } from "zod";
import type { ErrorCode } from "./errors.ts";
import { type Door, none, parseInput } from "./http-route.ts";

interface DoorSpec<Q extends z.ZodObject, B extends z.ZodType, R extends z.ZodType> {
  readonly method: Door["method"];
  /** Without parameters: a door is found without looking anything up. */
  readonly path: string;
  readonly summary: string;
  /** `session`: the door asks for one itself and throws `not-authorized` without. */
  readonly scope: Door["scope"];
  readonly query?: Q;
  readonly body?: B;
  readonly status?: Door["status"];
  readonly response?: R;
  readonly problems?: readonly ErrorCode[];
  /** Whether it gives or takes away the cookie of a session. */
  readonly setsCookie?: boolean;
  readonly handle: (context: {
    readonly query: z.output<Q>;
    readonly body: z.output<B>;
    readonly request: Request;
    readonly response: Response;
  }) => Promise<z.input<R>>;
}

/**
 * Declares a route that is open to anybody, or looks after sessions. It is given request and answer, since it reads and
 * sets cookies, and has to slow down guessing itself. Its answers are kept by nobody.
 */
export function door<
  Q extends z.ZodObject = typeof none,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodVoid,
>(spec: DoorSpec<Q, B, R>): Door {
  const query = spec.query ?? none;
  const strictQuery = query.strict();
  return {
    method: spec.method,
    path: spec.path,
    summary: spec.summary,
    scope: spec.scope,
    params: none,
    query,
    body: spec.body,
    status: spec.status ?? 200,
    response: spec.response,
    downloads: [],
    problems: spec.problems ?? [],
    tagged: false,
    secret: true,
    setsCookie: spec.setsCookie ?? false,
    run: async (request, response) => {
      const value = await spec.handle({
        query: parseInput(strictQuery, request.query, "query") as z.output<Q>,
        body: (spec.body ? parseInput(spec.body, request.body, "body") : undefined) as z.output<B>,
        request,
        response,
      });
      return { value, etag: undefined };
    },
  };
}
