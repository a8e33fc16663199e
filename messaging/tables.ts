import type { Generated } from "kysely";

export const exportStates = ["queued", "running", "done", "failed", "cancelled", "deleted"] as const;
type ExportState = (typeof exportStates)[number];

/** The tables that messaging owns (platform/migrations/0002-messaging.sql). */
export interface Tables {
  room: {
    tenant_id: string;
    id: string;
    name: string;
    config: unknown;
    subject: unknown;
    locked: Generated<boolean>;
    ended_at: Generated<Date | null>;
    last_seq: Generated<number>;
    created_at: Date;
    version: Generated<number>;
  };
  room_avatar: { tenant_id: string; room_id: string; type: string; bytes: Buffer; hash: string };
  room_affiliation: {
    tenant_id: string;
    room_id: string;
    jid: string;
    affiliation: string;
    nick: string | null;
    reason: string | null;
  };
  room_invitation: {
    tenant_id: string;
    room_id: string;
    invitee: string;
    inviter: string;
    invited_at: Date;
    state: "pending" | "accepted" | "declined" | "failed" | "withdrawn";
    answer: string | null;
    answered_at: Date | null;
    letter: string | null;
    made_member: Generated<boolean>;
    problem: Generated<string | null>;
  };
  /** `name`: a keyed hash of the bare address. */
  room_former_name: { tenant_id: string; name: string; times: number };
  room_owner: { tenant_id: string; fence: number; owner: string };
  room_log: {
    tenant_id: string;
    room_id: string;
    seq: number;
    id: string;
    at: Date;
    sender: string | null;
    nick: string;
    occupant_id: string;
    origin: string | null;
    origin_ref: string | null;
    stanza: string;
    body: string | null;
    held: Generated<string | null>;
  };
  room_inbox: {
    tenant_id: string;
    id: string;
    room_id: string;
    source: string;
    payload: unknown;
    at: Date;
  };
  room_rules: { tenant_id: string; version: number; rules: unknown; updated_at: Date };
  room_command: {
    tenant_id: string;
    id: string;
    payload: unknown;
    at: Date;
    done_at: Date | null;
    problem: unknown;
    result: Generated<string | null>;
  };
  room_export: {
    tenant_id: string;
    id: string;
    room_id: string;
    state: ExportState;
    format: "json" | "html";
    language: "de" | "en";
    with_files: boolean;
    from_at: Date | null;
    to_at: Date | null;
    up_to: number;
    asked_by: string;
    asked_name: string;
    reason: string;
    created_at: Date;
    started_at: Generated<Date | null>;
    finished_at: Generated<Date | null>;
    attempt: Generated<number>;
    version: Generated<number>;
    messages: Generated<number>;
    messages_total: Generated<number | null>;
    files: Generated<number>;
    bytes: Generated<number>;
    problem: Generated<string | null>;
    problem_detail: Generated<string | null>;
    blob: Generated<string | null>;
    size: Generated<number | null>;
    sha256: Generated<string | null>;
  };
}
