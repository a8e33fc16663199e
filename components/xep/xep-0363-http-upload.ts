/** XEP-0363: HTTP File Upload, version 1.2.0, without the purposes of its section 5. */
import { z } from "zod";
import { attr, childText, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";
import type { DataForm } from "./xep-0004-data-forms.ts";

export const NS_HTTP_UPLOAD = "urn:xmpp:http:upload:0";

/** Decimal digits only: Number() alone would take `1e9`, `0x10` and an empty text too. */
const digits = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;

/** Asks for a slot (4). Size in bytes. An empty content-type, as browsers have it for unknown files, is none. */
export const uploadRequest = codec({
  name: "request",
  ns: NS_HTTP_UPLOAD,
  schema: z.object({
    filename: z.string().min(1),
    size: z.int().min(0),
    contentType: z.string().optional(),
  }),
  read: (element) =>
    defined({
      filename: attr(element, "filename"),
      size: digits(attr(element, "size")),
      contentType: attr(element, "content-type") || undefined,
    }),
  write: (request) =>
    x("request", {
      xmlns: NS_HTTP_UPLOAD,
      filename: request.filename,
      size: request.size,
      "content-type": request.contentType,
    }),
});

/** The only headers a client may be told to send (4); others it ignores. */
const headerName = z.string().regex(/^(authorization|cookie|expires)$/i);

/** Where to put the file and where it can be got afterwards (4). */
export const uploadSlot = codec({
  name: "slot",
  ns: NS_HTTP_UPLOAD,
  schema: z.object({
    put: z.object({ url: z.url(), headers: z.array(z.object({ name: headerName, value: z.string() })) }),
    get: z.object({ url: z.url() }),
  }),
  read: (element) => {
    const put = element.getChild("put");
    const get = element.getChild("get");
    return {
      put: put && {
        url: attr(put, "url"),
        headers: put.getChildren("header").map((each) => ({ name: attr(each, "name"), value: each.getText() })),
      },
      get: get && { url: attr(get, "url") },
    };
  },
  write: (slot) =>
    x(
      "slot",
      { xmlns: NS_HTTP_UPLOAD },
      x("put", { url: slot.put.url }, ...slot.put.headers.map(({ name, value }) => x("header", { name }, value))),
      x("get", { url: slot.get.url }),
    ),
});

/** The condition that tells the largest size in bytes (6). */
export const fileTooLarge = codec({
  name: "file-too-large",
  ns: NS_HTTP_UPLOAD,
  schema: z.object({ maxFileSize: z.int().min(0).optional() }),
  read: (element) => defined({ maxFileSize: digits(childText(element, "max-file-size")) }),
  write: ({ maxFileSize }) =>
    x(
      "file-too-large",
      { xmlns: NS_HTTP_UPLOAD },
      maxFileSize !== undefined && x("max-file-size", {}, String(maxFileSize)),
    ),
});

/** The condition that tells when to try again, in UTC (6). */
export const uploadRetry = codec({
  name: "retry",
  ns: NS_HTTP_UPLOAD,
  schema: z.object({ stamp: z.iso.datetime() }),
  read: (element) => ({ stamp: attr(element, "stamp") }),
  write: ({ stamp }) => x("retry", { xmlns: NS_HTTP_UPLOAD, stamp }),
});

/** What disco#info tells of the service (3): the largest size in bytes. */
export function uploadForm(maxFileSize: number): DataForm {
  return {
    type: "result",
    fields: [
      { var: "FORM_TYPE", type: "hidden", values: [NS_HTTP_UPLOAD] },
      { var: "max-file-size", values: [String(maxFileSize)] },
    ],
  };
}
