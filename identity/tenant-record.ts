import type { OwnQuotas } from "./core-quota.ts";

export const tenantStatuses = ["active", "suspended", "closing", "closed"] as const;
export type TenantStatus = (typeof tenantStatuses)[number];

/** A tenant as the operator keeps it. */
export interface TenantRecord {
  /** Short name, never changes. */
  readonly id: string;
  /** Never changes: it is in the address of every person, room and file. */
  readonly domain: string;
  readonly name: string;
  readonly contact: string;
  readonly deputy: string;
  /** Domains this tenant agrees to federate with, there or not. */
  readonly partners: readonly string[];
  /** Those of them that are served and agree as well. */
  readonly federatesWith: readonly string[];
  readonly status: TenantStatus;
  readonly quotas: OwnQuotas;
  /** Goes up with each change. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
