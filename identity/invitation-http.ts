import { z } from "zod";
import { door, type Route } from "../platform/http.ts";
import { acceptInvitation, lookAtInvitation, tenantOf } from "./invitation-store.ts";
import type { InvitationThrottle } from "./invitation-throttle.ts";
import type { PeopleDeps } from "./person-tables.ts";

export interface InvitationDeps extends PeopleDeps {
  readonly throttle: InvitationThrottle;
}

const token = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}\.invitation_[A-Za-z0-9_-]{43}$/, "is no link of ours")
  .describe("What stands behind `#` in the link.");
const look = z.strictObject({ token });
const accept = z.strictObject({ token, password: z.string().max(1000) });
const invited = z.object({ jid: z.string(), name: z.string() });

/**
 * Where an invited person sets the password: open to anybody, the secret of the link is the proof. It comes in bodies
 * only, never in a path.
 */
export function invitationRoutes({ throttle, ...deps }: InvitationDeps): Route[] {
  return [
    door({
      method: "post",
      path: "/invitations/look",
      summary: "Whom an invitation is for",
      scope: "open",
      body: look,
      response: invited.extend({ organisation: z.string(), expiresAt: z.iso.datetime() }),
      problems: ["gone"],
      handle: async ({ body, request }) => {
        const asked = () => lookAtInvitation(deps, body.token);
        const { jid, name, organisation, expiresAt } = await throttle.guard(tenantOf(body.token), request.ip, asked);
        return { jid, name, organisation, expiresAt };
      },
    }),
    door({
      method: "post",
      path: "/invitations/accept",
      summary: "Set one's password by an invitation, once",
      scope: "open",
      body: accept,
      response: invited,
      problems: ["gone"],
      handle: async ({ body, request }) => {
        const asked = () => acceptInvitation(deps, body.token, body.password, request.ip);
        const { jid, name } = await throttle.guard(tenantOf(body.token), request.ip, asked);
        return { jid, name };
      },
    }),
  ];
}
