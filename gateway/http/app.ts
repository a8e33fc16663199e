import { fileURLToPath } from "node:url";
import express, { type ErrorRequestHandler, type Express, type Router } from "express";
import type { RateLimiterAbstract } from "rate-limiter-flexible";
import { cookieName } from "../../identity/index.ts";
import type { Clock } from "../../platform/clock.ts";
import { errors, KontorError, toKontorError } from "../../platform/errors.ts";
import { addLiveness } from "../../platform/health.ts";
import { type Authenticate, apiRouter, openApi, type Route, sendProblem } from "../../platform/http.ts";
import type { Idempotency } from "../../platform/idempotency.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { Metrics } from "../../platform/metrics.ts";
import { assetRouter } from "./assets.ts";
import { type ChatSettings, chatRouter } from "./chat/router.ts";
import { consoleRouter } from "./console.ts";
import { limitFailedSignIns } from "./failed-sign-ins.ts";
import { failurePage } from "./pages/failure.ts";
import { landingPage } from "./pages/landing.ts";
import { languageOf } from "./pages/language.ts";
import { referencePage } from "./pages/reference.ts";
import { pagePolicy, strictHeaders } from "./policy.ts";
import { accessLog, mountedAt, requestId, requestIdOf } from "./request.ts";

export interface AppParts {
  /** All routes under /api/v1, of every domain. */
  readonly routes: readonly Route[];
  /** Under /api/v1 before the routes: what makes their bodies of other media types. */
  readonly doors?: readonly Router[];
  readonly fileRouter: Router;
  /** Under /presence: what people show of themselves on public pages. */
  readonly badges?: Router;
  readonly authenticate: Authenticate;
  /** Addresses and networks whose X-Forwarded-* headers say who asks; without any the headers are not looked at. */
  readonly trustedProxies?: string[];
  /** Keeps answers to requests with an Idempotency-Key; without it the header is not looked at. */
  readonly idempotency?: Idempotency;
  readonly failedSignIns: RateLimiterAbstract;
  /** Aborted when the server stops: answers that go on end with it. */
  readonly closing?: AbortSignal;
  readonly chat: ChatSettings;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  /** Of requests. */
  readonly newId: NewId;
  /** Of the product, for the API document. */
  readonly version: string;
}

const pageAssets = {
  folder: fileURLToPath(new URL("./pages", import.meta.url)),
  names: new Set(["colours.css", "pages.css", "kontor.svg"]),
  immutable: false,
};

/**
 * The gateway's HTTP door: whether it lives, the API with its document, files, the start page and the chat page. Every
 * error is a problem document (RFC 9457), for a browser outside the API a page that says the same.
 */
export function createApp(parts: AppParts): Express {
  const { routes, fileRouter, authenticate, failedSignIns, chat, metrics, log, clock, newId, version } = parts;
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", parts.trustedProxies ?? false);
  // Nested objects and lists from a query are nobody's wish here.
  app.set("query parser", "simple");
  app.use(requestId(newId), accessLog(log, metrics, clock), strictHeaders(chat.publicUrl));
  addLiveness(app);

  const api = express.Router();
  const document = openApi(routes, { title: "Kontor", version, cookie: cookieName(chat.publicUrl) });
  api.get("/openapi.json", (_request, response) => {
    response.json(document);
  });
  for (const door of parts.doors ?? []) api.use(door);
  const limited = limitFailedSignIns(authenticate, failedSignIns, clock, log);
  api.use(apiRouter(routes, limited, parts.idempotency, parts.closing));
  app.get("/api/docs", pagePolicy(), (request, response) => {
    response
      .vary("Accept-Language")
      .type("html")
      .send(referencePage(document, languageOf(request)));
  });
  app.use("/api/v1", mountedAt("/api/v1"), api);
  app.use("/files", mountedAt("/files"), fileRouter);

  if (parts.badges) app.use("/presence", mountedAt("/presence"), parts.badges);

  app.use("/assets", mountedAt("/assets"), assetRouter(pageAssets));
  app.use("/chat", mountedAt("/chat"), chatRouter(chat));
  app.use("/console", mountedAt("/console"), consoleRouter());
  app.get("/", pagePolicy(), (request, response) => {
    response
      .vary("Accept-Language")
      .type("html")
      .send(landingPage(languageOf(request)));
  });

  app.use(() => {
    throw new KontorError("not-found");
  });
  app.use(["/api", "/files", "/presence"], problems(log));
  app.use(failures, problems(log));
  return app;
}

function problems(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) =>
    sendProblem(response, error, log.with({ requestId: requestIdOf(response) }));
}

const failurePolicy = pagePolicy();

/** An error for a person at a browser; all others get the problem document. */
const failures: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent || request.accepts(["json", "html"]) !== "html") return next(error);
  const known = toKontorError(error);
  if (known.code === "internal") return next(error);
  failurePolicy(request, response, (failed?: unknown) => {
    if (failed) return next(failed);
    response
      .status(errors[known.code].status)
      .type("html")
      .send(failurePage(languageOf(request), known, requestIdOf(response)));
  });
};
