import { fileURLToPath } from "node:url";
import express, { type Router } from "express";
import { assetRouter } from "../assets.ts";
import { languageOf } from "../pages/language.ts";
import { chatPolicy, pagePolicy, type Reach } from "../policy.ts";
import { mountedAt } from "../request.ts";
import { converseFiles } from "./converse.ts";
import { chatPage, chooserPage } from "./pages.ts";
import { type ChatTenant, chooseTenant } from "./tenants.ts";

export interface ChatSettings extends Reach {
  /** All tenants; may reject while the database is away. */
  readonly tenants: () => Promise<readonly ChatTenant[]>;
}

const own = {
  folder: fileURLToPath(new URL("./browser", import.meta.url)),
  names: new Set(["chat.css", "chat.js"]),
  immutable: false,
};

/**
 * The chat page at `/`: of the tenant in `?tenant=<id>`, else of the one whose domain is the host name, else (or with
 * `?choose`) a list of all. Beside it its files: our own, and those of Converse.js under its version.
 */
export function chatRouter(settings: ChatSettings): Router {
  const { version, assets } = converseFiles();
  const filesHost = new URL(settings.publicUrl).hostname;
  const router = express.Router();
  router.use("/assets", mountedAt("/chat/assets"), assetRouter(own));
  router.use(`/converse/${version}`, mountedAt("/chat/converse"), assetRouter(assets));
  const choice = pagePolicy();
  const page = chatPolicy(settings);
  router.get("/", async (request, response, next) => {
    const language = languageOf(request);
    const tenants = await settings.tenants();
    const { tenant: asked, choose } = request.query;
    const tenant = choose === undefined ? chooseTenant(tenants, asked, request.hostname) : "none";
    response.vary("Accept-Language").vary("Host");
    response.setHeader("Cache-Control", "no-cache");
    if (tenant === "none" || tenant === "unknown") {
      choice(request, response, (error?: unknown) => {
        if (error) return next(error);
        response.status(tenant === "unknown" ? 404 : 200);
        response.type("html").send(chooserPage(language, tenants, tenant === "unknown"));
      });
      return;
    }
    page(request, response, (error?: unknown) => {
      if (error) return next(error);
      const { websocketUrl } = settings;
      const self = `/chat?tenant=${encodeURIComponent(tenant.id)}`;
      const assetsPath = `/chat/converse/${version}`;
      response.type("html").send(chatPage({ language, tenant, self, websocketUrl, assets: assetsPath, filesHost }));
    });
  });
  return router;
}
