import { z } from "zod";
import { cursor, pageOf, pageSchema, type Route, route, sortBy, versionTag } from "../platform/http.ts";
import { actorOf } from "./audit.ts";
import { groupRoutes } from "./group-http.ts";
import { importRoute } from "./import-http.ts";
import { listPeople, type PersonRow, readPerson } from "./people-list.ts";
import { roles } from "./permissions.ts";
import { personEmail, personLocalpart, personName } from "./person-fields.ts";
import { changePerson, createPerson, deletePerson, disablePerson, invitePerson } from "./person-store.ts";
import { accountStates, type PeopleDeps, personStatuses } from "./person-tables.ts";

const tenant = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const onePath = z.object({ tenant, person: z.uuid() });

const person = z.object({
  id: z.uuid(),
  localpart: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  status: z.enum(personStatuses),
  account: z.enum(accountStates).describe("How the XMPP server stands: `pending` while it still has to be told."),
  accountProblem: z.string().nullable().describe("Why the XMPP server has not taken it, while it has not."),
  roles: z.array(z.string()),
  version: z.int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
const personWithGroups = person.extend({ groups: z.array(z.object({ id: z.uuid(), name: z.string() })) });
const invitation = z.object({
  link: z.string().describe("Shown once: hand it to the person."),
  expiresAt: z.iso.datetime(),
});

const shown = <R extends PersonRow>({ problem, created_at, updated_at, ...row }: R) => ({
  ...row,
  accountProblem: problem,
  createdAt: created_at.toISOString(),
  updatedAt: updated_at.toISOString(),
});

const place = cursor(z.tuple([z.string(), z.uuid()]));
const etag = ({ version }: { version: number }) => versionTag(version);

/** The REST door of people, their groups and their import. */
export function peopleRoutes(deps: PeopleDeps): Route[] {
  const { db } = deps;
  /** A change of a person's life, answered with how the person stands then. */
  const turn = (what: "disable" | "delete", change: typeof disablePerson) =>
    route({
      method: what === "delete" ? "delete" : "post",
      path: `/tenants/{tenant}/people/{person}${what === "delete" ? "" : "/disable"}`,
      summary:
        what === "delete"
          ? "Delete a person; it is shown, and its name is taken, until the account and its ties to rooms are gone"
          : "Disable a person: sessions end, the password is void",
      scope: what === "delete" ? "person:delete" : "person:change",
      params: onePath,
      status: 202,
      response: personWithGroups,
      problems: ["conflict"],
      handle: async ({ params, caller }) => {
        await change(deps, params.tenant, params.person, actorOf(caller));
        return shown(await readPerson(db, params.tenant, params.person));
      },
    });
  const link = (why: "invite" | "reset" | "enable", name: string, summary: string) =>
    route({
      method: "post",
      path: `/tenants/{tenant}/people/{person}/${name}`,
      summary,
      scope: "person:change",
      params: onePath,
      status: 201,
      response: invitation,
      problems: ["conflict"],
      secret: true,
      handle: ({ params, caller }) => invitePerson(deps, params.tenant, params.person, actorOf(caller), why),
    });
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/people",
      summary: "People of a tenant",
      scope: "person:read",
      params: z.object({ tenant }),
      query: z.object({
        text: z.string().min(1).max(200).optional().describe("Part of local part, name or e-mail."),
        status: z.enum(personStatuses).optional(),
        role: z.enum(roles).optional(),
        group: z.uuid().optional(),
        sort: sortBy(["localpart", "name"]),
        cursor: place.schema.optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      response: pageSchema(person),
      handle: async ({ params, query: { cursor: after, ...query } }) => {
        const rows = await listPeople(db, params.tenant, { ...query, after });
        return pageOf(rows, query.limit, shown, (last) => place.write([last[query.sort.by], last.id]));
      },
    }),
    route({
      method: "post",
      path: "/tenants/{tenant}/people",
      summary: "Add a person: with a password, or without one and with a link to set it",
      scope: "person:create",
      params: z.object({ tenant }),
      body: z.strictObject({
        localpart: personLocalpart,
        name: personName,
        email: personEmail.nullable().default(null),
        password: z.string().max(1000).optional(),
      }),
      status: 201,
      response: personWithGroups.extend({ invitation: invitation.nullable() }),
      problems: ["conflict", "policy-violation"],
      secret: true,
      handle: async ({ params, body: { password, ...body }, caller }) => {
        const given = password === undefined ? body : { ...body, password };
        const made = await createPerson(deps, params.tenant, given, actorOf(caller));
        return { ...shown(await readPerson(db, params.tenant, made.id)), invitation: made.invitation };
      },
    }),
    importRoute(deps),
    route({
      method: "get",
      path: "/tenants/{tenant}/people/{person}",
      summary: "One person",
      scope: "person:read",
      params: onePath,
      response: personWithGroups,
      etag,
      handle: async ({ params }) => shown(await readPerson(db, params.tenant, params.person)),
    }),
    route({
      method: "put",
      path: "/tenants/{tenant}/people/{person}",
      summary: "Change a person",
      scope: "person:change",
      params: onePath,
      body: z.strictObject({
        name: personName,
        email: personEmail.nullable(),
        groups: z.array(z.uuid()).max(1_000).optional().describe("All groups of the person; absent: they stay."),
      }),
      response: personWithGroups,
      etag,
      handle: async ({ params, body, caller, ifMatch }) => {
        await changePerson(deps, params.tenant, params.person, { ...body, ifMatch }, actorOf(caller));
        return shown(await readPerson(db, params.tenant, params.person));
      },
    }),
    turn("disable", disablePerson),
    turn("delete", deletePerson),
    link("invite", "invitation", "A new link for an invited person; the one before is void"),
    link("reset", "password-reset", "A link by which a person sets a new password; the old one holds until then"),
    link("enable", "enable", "Let a disabled person come back, who sets a new password by this link"),
    ...groupRoutes(deps),
  ];
}
