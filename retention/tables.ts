/** The tables that retention owns (platform/migrations/0005-retention.sql), and the list of tenants it reads. */
export interface Tables {
  tenant: { id: string };
  retention_rule: { tenant_id: string | null; kind: string; amount: number; unit: "day" | "month" | "year" };
  retention_watermark: { tenant_id: string; kind: string; hidden_before: Date };
  retention_run: {
    id: string;
    kind: string;
    scope: "all" | "tenant";
    turn: string | null;
    as_of: Date;
    state: State;
    problem: string | null;
    created_at: Date;
    finished_at: Date | null;
  };
  retention_part: {
    tenant_id: string;
    run_id: string;
    cutoff: Date | null;
    state: State;
    row_count: number;
    problem: string | null;
  };
  retention_chain: { tenant_id: string; position: number; hash: string };
  retention_evidence: {
    tenant_id: string;
    position: number;
    previous: string;
    hash: string;
    class: string;
    kind: string;
    /** Instants travel as text, because a Date would lose their microseconds. */
    cutoff: string;
    segment: string;
    row_count: number;
    oldest: string | null;
    newest: string | null;
    segment_hash: string | null;
    run_id: string;
    result: "begun" | "deleted" | "dropped" | "complete";
    at: string;
  };
}

/** How far a run or a tenant's part of it is. */
export type State = "waiting" | "running" | "done" | "failed";
