/** The gateway's HTTP door: one Express app for health, API, files, start page and chat page. */
export { createApp } from "./app.ts";
export { rememberedTenants } from "./chat/tenants.ts";
export { failureLimiter } from "./failed-sign-ins.ts";
export { languageOf } from "./pages/language.ts";
export { closeGently, setLimits } from "./server.ts";
