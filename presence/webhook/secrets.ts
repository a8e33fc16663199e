/** The secrets under which deliveries of a webhook are signed: kept sealed, shown once. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { KontorError } from "../../platform/errors.ts";
import { type SealKey, seal, unseal } from "../../platform/seal.ts";

/** As they are stored: the newest first, each former one until its day is over. */
const sealedSecrets = z.array(z.object({ sealed: z.string(), until: z.iso.datetime().nullable() }));
export type SealedSecrets = z.output<typeof sealedSecrets>;
export const readSecrets = (stored: unknown): SealedSecrets => sealedSecrets.parse(stored);

export interface WebhookPlace {
  readonly tenant: string;
  readonly id: string;
}

const BYTES = 32;
/** How long a former secret still signs beside the new one. */
const FORMER_MS = 86_400_000;
/** Each signature makes the header of a delivery longer. */
const MAX_SECRETS = 5;

const keyOf = (master: string): SealKey => ({ master, purpose: "presence-webhook" });
const placeOf = ({ tenant, id }: WebhookPlace): string => `${tenant}/presence-webhook/${id}`;

/** A new secret in the form of Standard Webhooks. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(BYTES).toString("base64")}`;

/** The secrets with a new one before them; former ones sign for a day more. Throws `too-many` for the sixth within a day. */
export function withSecret(
  master: string,
  place: WebhookPlace,
  secret: string,
  former: SealedSecrets,
  now: number,
): SealedSecrets {
  const until = new Date(now + FORMER_MS).toISOString();
  const kept = valid(former, now).map((each) => ({ ...each, until: each.until ?? until }));
  if (kept.length >= MAX_SECRETS) {
    throw new KontorError(
      "too-many",
      `A webhook has ${MAX_SECRETS} secrets at once at most; former ones end after a day`,
    );
  }
  return [{ sealed: seal(keyOf(master), placeOf(place), secret), until: null }, ...kept];
}

/** The secrets that sign now, the newest first; without those that were sealed under another master. */
export function openSecrets(master: string, place: WebhookPlace, secrets: SealedSecrets, now: number): string[] {
  return valid(secrets, now).flatMap(({ sealed }) => {
    try {
      return unseal(keyOf(master), placeOf(place), sealed);
    } catch {
      return [];
    }
  });
}

/** Until when a former secret signs as well; null: there is none. */
export function formerUntil(secrets: SealedSecrets, now: number): string | null {
  const ends = valid(secrets, now).flatMap(({ until }) => until ?? []);
  return ends.sort().at(-1) ?? null;
}

const valid = (secrets: SealedSecrets, now: number): SealedSecrets =>
  secrets.filter(({ until }) => until === null || Date.parse(until) > now);
