import type { LogClass } from "../platform/log.ts";

/** The log class of the retention schedule that a kind belongs to; `content` is what people wrote or sent. */
type DataClass = LogClass | "content";

/** Rows of one table, partitioned by the day (UTC) they began on. All names are of this file, never of a caller. */
export interface PartitionedTable {
  readonly name: string;
  readonly tenant: string;
  /** When a row began: its period counts from here. */
  readonly start: string;
  /** Unique in a partition together with tenant and start; the order in which rows are deleted and hashed. */
  readonly key: readonly string[];
  /** What the hash of a segment is made of, in this order, each as PostgreSQL's text. Nothing that names a person. */
  readonly hashed: readonly string[];
  /** A partition is named by this and its day as YYYYMMDD. */
  readonly partitionPrefix: string;
}

interface KindBase {
  /** Name in rules, runs and evidence. */
  readonly name: string;
  readonly class: DataClass;
  /** The kind whose rules hold for this one too; its own when left out. The same as retention_ruled_by() in the database. */
  readonly ruledBy?: string;
}

/** Data that retention deletes itself. */
export interface TableKind extends KindBase {
  readonly place: "table";
  readonly table: PartitionedTable;
}

/** Data that only its domain can delete, because more than rows goes with it. */
export interface DomainKind extends KindBase {
  readonly place: "domain";
}

export type Kind = TableKind | DomainKind;

/** Every kind of data that a rule is carried out for. Each has its rule of the operator in the migrations. */
export const catalogue: readonly Kind[] = [
  {
    name: "message-archive",
    class: "content",
    place: "table",
    table: {
      name: "room_log",
      tenant: "tenant_id",
      start: "at",
      key: ["room_id", "seq"],
      hashed: ["room_id", "seq", "id", "at"],
      partitionPrefix: "room_log_p",
    },
  },
  { name: "personal-archive", class: "content", place: "domain", ruledBy: "message-archive" },
  { name: "room-invitation", class: "user-action", place: "domain" },
  { name: "out-of-office", class: "user-action", place: "domain" },
  { name: "presence-usage", class: "usage", place: "domain" },
  { name: "file", class: "content", place: "domain" },
  { name: "room-export", class: "content", place: "domain" },
];

/** The kind of this name, if there is one. */
export const kindOf = (name: string, kinds: readonly Kind[] = catalogue): Kind | undefined =>
  kinds.find((kind) => kind.name === name);
