import { z } from "zod";
import { type ErrorCode, errors } from "./errors.ts";
import type { Route } from "./http-route.ts";

const METHOD_WORD = { get: "read", post: "do", put: "put", patch: "change", delete: "delete" } as const;

/** What any route may answer besides its own problems. */
const common: readonly ErrorCode[] = [
  "bad-request",
  "not-authorized",
  "forbidden",
  "not-found",
  "not-allowed",
  "too-many",
  "unavailable",
];

/** The OpenAPI 3.1 document of the routes. */
export function openApi(routes: readonly Route[], info: { title: string; version: string }): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const each of routes) {
    const path = `/api/v1${each.path}`;
    paths[path] = { ...paths[path], [each.method]: operation(each) };
  }
  const tags = [...new Set(routes.map(tagOf))].sort().map((name) => ({ name }));
  return {
    openapi: "3.1.0",
    info,
    servers: [{ url: "/" }],
    tags,
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      responses: { Problem: problemResponse },
    },
  };
}

/** The first part of a path that names a thing: `people` for /tenants/{tenant}/people/{person}. */
function tagOf({ path }: Route): string {
  const words = path.split("/").filter((part) => part !== "" && !part.startsWith("{"));
  return (words[0] === "tenants" && words[1]) || words[0] || "other";
}

function operation(each: Route): Record<string, unknown> {
  const codes: readonly ErrorCode[] = [
    ...common,
    ...(each.body ? (["too-large"] as const) : []),
    ...(each.method === "post" ? (["conflict", "idempotency-mismatch"] as const) : []),
    ...(each.method === "get" ? [] : (["precondition-failed"] as const)),
    ...each.problems,
  ];
  return {
    operationId: operationId(each),
    tags: [tagOf(each)],
    summary: each.summary,
    security: [{ bearer: [each.scope] }],
    parameters: [...parametersOf(each.params, "path"), ...parametersOf(each.query, "query"), ...headersOf(each)],
    ...(each.body
      ? { requestBody: { required: true, content: { "application/json": { schema: json(each.body, "input") } } } }
      : {}),
    responses: {
      [each.status]: success(each),
      ...(each.tagged && each.method === "get" ? { 304: { description: "Not changed since" } } : {}),
      ...Object.fromEntries(codes.map((code) => [errors[code].status, { $ref: "#/components/responses/Problem" }])),
    },
  };
}

/** `readTenantsPeople`, `doTenantsPeopleByPersonInvite`: from method and path, so that it is there and unique. */
function operationId({ method, path }: Route): string {
  const words = path
    .replace("/tenants/{tenant}/", "/tenant/")
    .replaceAll(/\{(\w+)\}/g, "by-$1")
    .split(/[/-]/)
    .filter(Boolean);
  return METHOD_WORD[method] + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function success(each: Route): Record<string, unknown> {
  const headers = each.tagged ? { headers: { ETag: { schema: { type: "string" } } } } : {};
  if (each.downloads.length > 0) {
    const content = Object.fromEntries(each.downloads.map((type) => [type, {}]));
    return { description: "A file", ...headers, content };
  }
  if (!each.response) return { description: "Done", ...headers };
  return {
    description: "Done",
    ...headers,
    content: { "application/json": { schema: json(each.response, "output") } },
  };
}

function json(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

const parametersOf = (schema: z.ZodObject, where: "path" | "query") =>
  Object.entries(schema.shape).map(([name, field]) => ({
    name,
    in: where,
    required: where === "path" || !field.safeParse(undefined).success,
    schema: json(z.object({ field }).shape.field, "input"),
  }));

function headersOf({ method, tagged }: Route): Record<string, unknown>[] {
  const header = (name: string, description: string, schema: object) => ({ name, in: "header", description, schema });
  return [
    ...(method === "post"
      ? [
          header("Idempotency-Key", "The same key and request are carried out once; kept for a day.", {
            ...{ type: "string", pattern: "^[!-~]{1,200}$" },
          }),
        ]
      : []),
    ...(tagged && method !== "get" ? [header("If-Match", "ETag of what is to be changed.", { type: "string" })] : []),
    ...(method === "get"
      ? []
      : [header("X-Reason", "Why, for the audit log: percent-encoded UTF-8.", { type: "string", maxLength: 500 })]),
  ];
}

const problemResponse = {
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
};
