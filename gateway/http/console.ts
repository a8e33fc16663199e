import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import express, { type Router } from "express";
import helmet from "helmet";
import { KontorError } from "../../platform/errors.ts";
import { assetRouter } from "./assets.ts";
import { mountedAt } from "./request.ts";

const built = fileURLToPath(new URL("../../console/dist", import.meta.url));

/** The policy of the console: scripts, styles and data of our own origin, nothing inline, nothing made from text. */
const consolePolicy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    // Pictures of rooms come from the API as data.
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
  },
});

interface Built {
  readonly page: string;
  readonly assets: Router;
}

async function read(folder: string): Promise<Built> {
  const [page, names] = await Promise.all([
    readFile(join(folder, "index.html"), "utf8"),
    readdir(join(folder, "assets")),
  ]);
  // The names hold a hash of the content.
  return { page, assets: assetRouter({ folder: join(folder, "assets"), names: new Set(names), immutable: true }) };
}

/**
 * The console: its page for every path, as it finds its way in the browser itself, and its built files under /assets.
 * Read at the first request; where it was not built, `service-unavailable` says how.
 */
export function consoleRouter(folder = built): Router {
  let reading: Promise<Built> | undefined;
  const files = () => {
    reading ??= read(folder).catch((error: unknown) => {
      reading = undefined;
      throw new KontorError("service-unavailable", "The console is not built: run 'npm run build'", {}, error);
    });
    return reading;
  };
  const router = express.Router();
  router.use("/assets", mountedAt("/console/assets"), async (request, response, next) => {
    (await files()).assets(request, response, next);
  });
  router.use("/assets", () => {
    throw new KontorError("not-found");
  });
  router.get("/{*path}", consolePolicy, async (_request, response) => {
    const { page } = await files();
    response.setHeader("Cache-Control", "no-cache");
    response.type("html").send(page);
  });
  return router;
}
