/** A link of a room with a far place. */
export interface LinkTable {
  tenant_id: string;
  id: string;
  room_id: string;
  network: string;
  place: string;
  config: unknown;
  version: number;
  cursor: number;
  enabled: boolean;
  state: LinkState;
  last_error: string | null;
  created_at: Date;
}

interface MessageTable {
  tenant_id: string;
  link_id: string;
  far_id: string;
  direction: "out" | "in";
  log_id: string | null;
  inbox_id: string | null;
  part: number;
  at: Date;
}

interface UndeliverableTable {
  tenant_id: string;
  link_id: string;
  log_id: string;
  reason: string;
  at: Date;
}

/** `last_seq` of a room is read for the lag alone. */
interface RoomTable {
  ended_at: Date | null;
  tenant_id: string;
  id: string;
  name: string;
  last_seq: number;
}

/** The tables of platform/migrations/0004-bridge.sql. */
export interface Tables {
  bridge_link: LinkTable;
  bridge_message: MessageTable;
  bridge_undeliverable: UndeliverableTable;
  room: RoomTable;
}

/** `broken`: the circuit is open, a person should look; it is still tried every few minutes. */
export type LinkState = "waiting" | "connecting" | "online" | "away" | "broken";
