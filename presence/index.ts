/**
 * Presence: who of a tenant's people is there, on which devices, and how available. Heard from the XMPP server as a
 * privileged entity (component.ts), made out in core.ts, kept live in Redis (writer.ts, store.ts), shown over REST
 * (http.ts).
 */
export { badgeRouter } from "./badge-router.ts";
export { presenceDoor } from "./component.ts";
export { type Contacts, openContacts } from "./contacts.ts";
export { contactsService } from "./contacts-part.ts";
export { groupsService } from "./groups-part.ts";
export { presenceRoutes } from "./http.ts";
export { meetingsPart } from "./meetings-part.ts";
export { searchPart } from "./search-part.ts";
export { presenceReader } from "./store.ts";
export { absenceDeletion } from "./store-absence.ts";
export { presenceUsageDeletion, raiseUsage } from "./store-usage.ts";
export { usagePart } from "./usage-part.ts";
export { vcardPart } from "./vcard-part.ts";
export { visibilityService } from "./visibility-part.ts";
export { webhookRoutes } from "./webhook/http.ts";
export { startWebhooks } from "./webhook/jobs.ts";
