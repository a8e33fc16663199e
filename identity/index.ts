/** Identity: tenants, people and API tokens; who asks and what they may do. */
export { type AccessReader, accessReader } from "./access.ts";
export { accessChanged, followAccess } from "./access-events.ts";
export { type Actor, type AuditChange, actorOf, audit, localActor } from "./audit.ts";
export { auditRoutes } from "./audit-http.ts";
export { cookieName } from "./core-session-cookie.ts";
export { directoryChanged } from "./directory-events.ts";
export { emergencyRoutes } from "./emergency-http.ts";
export { bearerAuthentication } from "./http.ts";
export { csvBody } from "./import-http.ts";
export { invitationRoutes } from "./invitation-http.ts";
export { invitationThrottle } from "./invitation-throttle.ts";
export { oidcCallback } from "./oidc-callback.ts";
export { oidcClient } from "./oidc-client.ts";
export { oidcDoors } from "./oidc-http.ts";
export { peopleRoutes } from "./people-http.ts";
export { personNames } from "./person-names.ts";
export { rolesOfPeople, rolesOfPerson } from "./person-roles.ts";
export { personSince } from "./person-since.ts";
export { openTies, type PersonTie, personTiesTopic, requireStaying, untiePerson } from "./person-ties.ts";
export { roleRoutes } from "./role-http.ts";
export { sessionAuthentication } from "./session-authentication.ts";
export { sessionRoutes } from "./session-http.ts";
export { sessionStore } from "./session-store.ts";
export { signInProviderRoutes } from "./sign-in-provider-http.ts";
export { signInThrottle } from "./sign-in-throttle.ts";
export { xmppPasswordCheck } from "./sign-in-xmpp.ts";
export {
  addPeople,
  addTenant,
  addToken,
  findTenant,
  listTenants,
  pagePeople,
} from "./store.ts";
export { tenantExportRoutes } from "./tenant-export-http.ts";
export type { DomainUsage } from "./tenant-quota.ts";
export { agreedPartner } from "./tenant-reads.ts";
export { tenantRoutes } from "./tenants-http.ts";
export { tokenRoutes } from "./token-http.ts";
export { type TokenReader, tokenReader } from "./token-reader.ts";
export { usageRoutes } from "./usage-http.ts";
export { xmppActor } from "./xmpp-actor.ts";
