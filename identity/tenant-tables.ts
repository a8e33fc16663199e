import { ownQuotas } from "./core-quota.ts";
import type { TenantRecord, TenantStatus } from "./tenant-record.ts";

export interface TenantRow {
  id: string;
  domain: string;
  name: string;
  contact: string;
  deputy: string;
  partners: string[];
  status: TenantStatus;
  quotas: unknown;
  version: number;
  created_at: Date;
  updated_at: Date;
}

/** The tables that the life of a tenant touches. */
export interface TenantTables {
  tenant: TenantRow;
  api_token: { tenant: string | null; revoked_at: Date | null };
  invitation: { tenant_id: string };
  account_task: { tenant_id: string };
  sign_in_provider: { tenant_id: string };
}

export function recordOf(row: TenantRow, agreed: readonly string[]): TenantRecord {
  const { created_at, updated_at, quotas, ...rest } = row;
  return {
    ...rest,
    quotas: ownQuotas.parse(quotas),
    federatesWith: agreed,
    createdAt: created_at,
    updatedAt: updated_at,
  };
}
