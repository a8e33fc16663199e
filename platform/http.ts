/** The REST floor: routes as data, what they answer, problems, and the document that describes them. */
export { cursor, pageOf, pageSchema } from "./http-cursor.ts";
export { door } from "./http-door.ts";
export { Download } from "./http-download.ts";
export { contentTag, shownTag, versionTag } from "./http-etag.ts";
export { StoredFile, storedFile } from "./http-file.ts";
export { openApi } from "./http-openapi.ts";
export { problemHandler, sendProblem } from "./http-problems.ts";
export { sortBy, startingWith } from "./http-query.ts";
export {
  type Caller,
  type Door,
  download,
  isDoor,
  type Principal,
  type Route,
  route,
  type Scope,
} from "./http-route.ts";
export { type Authenticate, apiRouter } from "./http-router.ts";
export { lineOfText, linesOfText } from "./http-text.ts";
