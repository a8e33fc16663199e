import express, { type Router } from "express";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import { acceptInvitation, lookAtInvitation } from "./invitation-store.ts";
import type { PeopleDeps } from "./person-tables.ts";

const token = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}\.invitation_[A-Za-z0-9_-]{43}$/, "is no link of ours");
const look = z.strictObject({ token });
const accept = z.strictObject({ token, password: z.string().max(1000) });

/**
 * Where an invited person sets the password: open to anybody, the secret of the link is the proof. Mount it at
 * `/api/v1/invitations`, before the routes that ask who it is. The secret comes in bodies only, never in a path.
 */
export function invitationRouter(deps: PeopleDeps): Router {
  const router = express.Router();
  router.use(express.json({ limit: "8kb", strict: true }));
  router.post("/look", async (request, response) => {
    const { jid, name, expiresAt } = await lookAtInvitation(deps, parsed(look, request.body).token);
    response.set("Cache-Control", "no-store").json({ jid, name, expiresAt });
  });
  router.post("/accept", async (request, response) => {
    const body = parsed(accept, request.body);
    const { jid, name } = await acceptInvitation(deps, body.token, body.password, request.ip);
    response.set("Cache-Control", "no-store").json({ jid, name });
  });
  return router;
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const detail = result.error.issues
    .map((issue) => `${["body", ...issue.path].join(".")}: ${issue.message}`)
    .join("; ");
  throw new KontorError("bad-request", detail);
}
