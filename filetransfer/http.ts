/** The HTTP door, mounted at /files: PUT into a slot, GET and HEAD of a file, by signed links (XEP-0363 7). */
import express, { type RequestHandler, type Router } from "express";
import { KontorError } from "../platform/errors.ts";
import { CORS_HEADERS, SECURITY_HEADERS } from "./core-serve.ts";
import type { FileDeps } from "./deps.ts";
import { downloadHandler } from "./download.ts";
import { IDLE_MS } from "./sweep.ts";
import { uploadHandler } from "./upload.ts";

const METHODS = "OPTIONS, HEAD, GET, PUT";

/**
 * `/{tenant}/{id}/{name}?expires=..&sig=..`. Errors go to the app's error handler as KontorErrors; the headers set here
 * win over those of the app. `idleMs`: after that long without a byte a transfer is broken off.
 */
export function fileRouter(deps: FileDeps, limits: { readonly idleMs: number } = { idleMs: IDLE_MS }): Router {
  const router = express.Router();
  router.use((_request, response, next) => {
    response.set({ ...SECURITY_HEADERS, ...CORS_HEADERS, "Cache-Control": "no-store" });
    next();
  });
  const download = downloadHandler(deps, limits);
  const refuse: RequestHandler = (_request, response) => {
    response.set("Allow", METHODS);
    throw new KontorError("not-allowed", `Files know ${METHODS} only`);
  };
  router
    .route("/:tenant/:id/:name")
    .options((_request, response) => {
      response.set("Allow", METHODS).status(204).end();
    })
    .head(download)
    .get(download)
    .put(uploadHandler(deps, limits))
    .all(refuse);
  return router;
}
