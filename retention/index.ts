/** Retention: rules as data, deletion on time by a worker, and evidence of it that can be verified. */
export { catalogue } from "./catalogue.ts";
export { deleteEarly } from "./delete-early.ts";
export { retentionRoutes } from "./http.ts";
export { startRetention } from "./jobs.ts";
