import type { Generated } from "kysely";

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
}
