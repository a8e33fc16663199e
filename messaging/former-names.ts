/** Names of people who are deleted: to occupant ids (XEP-0421), whoever has such a name next is somebody else. */
import { createHmac } from "node:crypto";
import type { Database } from "../platform/postgres.ts";
import { readFormerNames } from "./store-ties.ts";

export interface FormerNames {
  /** Reads them, as the owner of the rooms. */
  read(): Promise<void>;
  /** How a bare address is known here. */
  hashOf(bare: string): string;
  /** What makes an occupant id from: the address, and how often it belonged to somebody else before. */
  who(address: string): string;
  /** One more is deleted who had this address. */
  ended(bare: string): void;
}

export function formerNames(db: Database, tenant: string, secret: string): FormerNames {
  let times: ReadonlyMap<string, number> = new Map();
  const hashOf = (bare: string) => createHmac("sha256", secret).update(`former ${tenant} ${bare}`).digest("base64url");
  return {
    read: async () => {
      times = await readFormerNames(db, tenant);
    },
    hashOf,
    who: (address) => {
      const before = times.size === 0 ? undefined : times.get(hashOf(address));
      return before === undefined ? address : `${address} after ${before}`;
    },
    ended: (bare) => {
      const name = hashOf(bare);
      times = new Map(times).set(name, (times.get(name) ?? 0) + 1);
    },
  };
}
