/** Reads a signed link out of a request. */
import type { Request } from "express";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import type { FileRef, SignedQuery } from "./core-link.ts";

// The tenant becomes a setting of the transaction and a folder: its form is checked even before the signature.
const params = z.object({
  tenant: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
  id: z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  name: z.string().min(1).max(1_000),
});
const digits = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);
const query = z.object({ expires: digits, sig: z.string().max(100), size: digits.optional() });

export interface SignedRequest {
  readonly file: FileRef;
  readonly query: SignedQuery;
  /** Of an upload. */
  readonly size: number | undefined;
}

/** Throws `not-found` for a path that can't be a file's, `forbidden` for a link without a signature. */
export function readSignedRequest(request: Request): SignedRequest {
  const path = params.safeParse(request.params);
  if (!path.success) throw new KontorError("not-found", "There is no such file");
  const signed = query.safeParse(request.query);
  if (!signed.success) {
    throw new KontorError("forbidden", "The link is not complete: use it unchanged, as it was given");
  }
  const { expires, sig, size } = signed.data;
  return { file: path.data, query: { expires, signature: sig }, size };
}
