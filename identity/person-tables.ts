import type { Redis } from "ioredis";
import type { Generated } from "kysely";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import type { WakeTopic } from "../platform/wake.ts";
import type { Quotas } from "./core-quota.ts";

/** The tables of people and all that hangs on them, and what their stores work with. */

export const personStatuses = ["invited", "active", "disabled", "deleted"] as const;
export type PersonStatus = (typeof personStatuses)[number];
export const accountStates = ["none", "pending", "present", "failed"] as const;
export type AccountState = (typeof accountStates)[number];
/** Parts of the service that hold something by the names of people. */
export const areas = ["rooms"] as const;
export type TieArea = (typeof areas)[number];
export type AccountTaskKind = "create" | "password" | "disable" | "delete";

export interface PersonTables {
  tenant: { id: string; domain: string; name: string; status: string };
  person: {
    tenant_id: string;
    id: string;
    localpart: string;
    name: string;
    roles: string[];
    status: PersonStatus;
    email: string | null;
    account: AccountState;
    version: Generated<number>;
    created_at: Date;
    updated_at: Date;
  };
  role_grant: {
    tenant_id: string;
    person_id: string;
    role: string;
    scope: string | null;
    reason: string | null;
    granted_by: string;
    created_at: Date;
    expires_at: Date | null;
  };
  person_group: {
    tenant_id: string;
    id: string;
    name: string;
    roster: boolean;
    version: Generated<number>;
    created_at: Date;
  };
  group_member: { tenant_id: string; group_id: string; person_id: string };
  invitation: {
    tenant_id: string;
    id: string;
    person_id: string;
    token_hash: string;
    expires_at: Date;
    used_at: Date | null;
    created_at: Date;
  };
  account_task: {
    tenant_id: string;
    id: string;
    person_id: string;
    localpart: string;
    kind: AccountTaskKind;
    sealed_password: string | null;
    attempts: Generated<number>;
    problem: string | null;
    created_at: Date;
  };
  /** What is still tied to the name of a person that is deleted. */
  person_tie: {
    tenant_id: string;
    person_id: string;
    area: TieArea;
    localpart: string;
    round: string;
    begun_at: Date;
  };
}

/** What people's stores and routes work with. */
export interface PeopleDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly log: Log;
  /** The installation's. */
  readonly quotas: Quotas;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Master (`xmpp.secret`) from which the key is derived under which passwords wait for the XMPP server. */
  readonly secret: string;
  /** Base of the links that invited people get. */
  readonly publicUrl: string;
}

/** There is something for the XMPP server to do. */
export const accountTasksTopic: WakeTopic<{ tenant: string }> = {
  name: "identity:account-tasks",
  schema: z.object({ tenant: z.string() }),
};

/** A person was disabled or deleted: sessions end. */
export const personDisabledTopic: WakeTopic<{ tenant: string; person: string }> = {
  name: "identity:person-disabled",
  schema: z.object({ tenant: z.string(), person: z.string() }),
};
