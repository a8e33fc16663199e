/**
 * Presence: who of a tenant's people is there, on which devices, and how available. Heard from the XMPP server as a
 * privileged entity (component.ts), made out in core.ts, kept live in Redis (writer.ts, store.ts), shown over REST
 * (http.ts).
 */
export { type PresenceDeps, presenceDoor } from "./component.ts";
export { type PresenceRoutesDeps, presenceRoutes } from "./http.ts";
export { type PresenceReader, type PresenceView, presenceReader } from "./store.ts";
