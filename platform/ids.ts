import { randomUUID } from "node:crypto";
import { v7 } from "uuid";

export type NewId = () => string;

/** A new UUIDv7 (RFC 9562 5.7): sorts by the time it was made. */
export const newId: NewId = () => v7();

/** For requests: in no order, and cheaper, as it is drawn from a store of random bytes. */
export const newRequestId: NewId = () => randomUUID();
