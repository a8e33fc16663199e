import { z } from "zod";
import { type ErrorCode, errors } from "./errors.ts";
import { always, headers, problemResponses } from "./http-openapi-parts.ts";
import { isDoor, type Route } from "./http-route.ts";

const METHOD_WORD = { get: "read", post: "do", put: "put", patch: "change", delete: "delete" } as const;

/** What any route may answer besides its own problems. */
const common: readonly ErrorCode[] = ["bad-request", "not-allowed", "too-many", "internal", "unavailable"];
/** Only where the door may be closed. */
const guarded: readonly ErrorCode[] = ["not-authorized", "forbidden"];
const withBody: readonly ErrorCode[] = ["too-large", "unsupported-type"];

interface Info {
  readonly title: string;
  readonly version: string;
  /** Name of the cookie of sessions. */
  readonly cookie: string;
}

/** The OpenAPI 3.1 document of the routes. */
export function openApi(routes: readonly Route[], { cookie, ...info }: Info): Record<string, unknown> {
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
    components: { securitySchemes: securitySchemes(cookie), responses: problemResponses, headers },
  };
}

const securitySchemes = (cookie: string) => ({
  bearer: { type: "http", scheme: "bearer", description: "An API token." },
  session: { type: "apiKey", in: "cookie", name: cookie, description: "Set by POST /api/v1/session." },
  csrf: { type: "apiKey", in: "header", name: "X-CSRF-Token", description: "`csrf` of GET /api/v1/session." },
});

/** Who may come in: a token, or a session, which for a change needs its CSRF token as well. */
function security({ scope, method }: Route): Record<string, string[]>[] {
  if (scope === "open") return [];
  const csrf = method === "get" ? {} : { csrf: [] };
  if (scope === "session") return [{ session: [], ...csrf }];
  return [{ bearer: [scope] }, { session: [scope], ...csrf }];
}

/** The first part of a path that names a thing: `people` for /tenants/{tenant}/people/{person}. */
function tagOf({ path }: Route): string {
  const words = path.split("/").filter((part) => part !== "" && !part.startsWith("{"));
  return (words[0] === "tenants" && words[1]) || words[0] || "other";
}

function operation(each: Route): Record<string, unknown> {
  const codes: readonly ErrorCode[] = [
    ...common,
    ...(each.scope === "open" ? [] : guarded),
    // Where there is nothing to look up, a path is there or it is no route.
    ...(each.path.includes("{") ? (["not-found"] as const) : []),
    ...(each.body ? withBody : []),
    ...(each.method === "post" && !isDoor(each) ? (["conflict", "idempotency-mismatch"] as const) : []),
    ...(each.method === "get" ? [] : (["precondition-failed"] as const)),
    ...each.problems,
  ];
  const statuses = new Set(codes.map((code) => errors[code].status));
  return {
    operationId: operationId(each),
    tags: [tagOf(each)],
    summary: each.summary,
    security: security(each),
    parameters: [...parametersOf(each.params, "path"), ...parametersOf(each.query, "query"), ...headersOf(each)],
    ...(each.body
      ? { requestBody: { required: true, content: { "application/json": { schema: json(each.body, "input") } } } }
      : {}),
    responses: {
      [each.status]: success(each),
      ...(each.tagged && each.method === "get" ? { 304: { description: "Not changed since" } } : {}),
      // Whose answer may be out of range answers in parts.
      ...(statuses.has(416) ? { 206: { ...success(each), description: "A part of the file" } } : {}),
      ...Object.fromEntries(
        [...statuses].map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]),
      ),
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
  const own = {
    ...always,
    ...(each.tagged ? { ETag: { $ref: "#/components/headers/ETag" } } : {}),
    ...(isDoor(each) && each.setsCookie ? { "Set-Cookie": { $ref: "#/components/headers/Set-Cookie" } } : {}),
    ...(each.method === "post" && !isDoor(each)
      ? { "Idempotency-Replayed": { $ref: "#/components/headers/Idempotency-Replayed" } }
      : {}),
  };
  if (each.downloads.length > 0) {
    const content = Object.fromEntries(each.downloads.map((type) => [type, {}]));
    return { description: "A file", headers: own, content };
  }
  if (!each.response) return { description: "Done", headers: own };
  const schema = json(each.response, "output");
  return { description: "Done", headers: own, content: { "application/json": { schema } } };
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

function headersOf(each: Route): Record<string, unknown>[] {
  const { method, tagged } = each;
  const header = (name: string, description: string, schema: object) => ({ name, in: "header", description, schema });
  if (isDoor(each)) return [];
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
