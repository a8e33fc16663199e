/** The tables of platform/migrations/0003-filetransfer.sql. */
interface FileTable {
  tenant_id: string;
  id: string;
  owner: string;
  name: string;
  type: string | null;
  size: number;
  state: "slot" | "stored";
  created_at: Date;
  expires_at: Date;
  upload_until: Date;
  blob: string | null;
  sha256: string | null;
  stored_at: Date | null;
}

export interface Tables {
  file: FileTable;
  /** Bytes of a tenant's files, stored or promised: kept by triggers (0007-quota.sql). */
  file_usage: { tenant_id: string; bytes: number };
}
