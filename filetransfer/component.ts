/** The XMPP door: `upload.<tenant domain>` gives slots (XEP-0363) to people of its own tenant. */
import type { Door, DoorContext } from "../components/door.ts";
import { bareOf, type Jid } from "../components/jid.ts";
import type { Incoming } from "../components/router.ts";
import type { Element } from "../components/stanza.ts";
import {
  fileTooLarge,
  NS_HTTP_UPLOAD,
  uploadForm,
  uploadRequest,
  uploadRetry,
  uploadSlot,
} from "../components/xep/xep-0363-http-upload.ts";
import { KontorError } from "../platform/errors.ts";
import { decideSlot } from "./core.ts";
import { getLink, putLink } from "./core-link.ts";
import type { FileDeps } from "./deps.ts";
import { addSlot } from "./store.ts";

export function uploadDoor(deps: Omit<FileDeps, "bytes">): Door {
  const { files, http } = deps.settings;
  const links = { publicUrl: http.publicUrl, secret: files.secret };

  const requestSlot = async (context: DoorContext, { from }: Incoming, payload: Element): Promise<Element> => {
    const tenant = context.tenant.id;
    requireOwn(from, context.tenant.domain);
    const now = deps.clock();
    const slot = decideSlot(uploadRequest.read(payload), files, now);
    const file = { tenant, id: deps.newId(), name: slot.name };
    await addSlot(deps.db, { ...slot, ...file, owner: bareOf(from) }, now, deps.settings.quotas);
    context.log.info("An upload slot was given", { class: "user-action", file: file.id, bytes: slot.size });
    return uploadSlot.write({
      put: { url: putLink(links, file, slot.size, slot.expiresAt), headers: [] },
      get: { url: getLink(links, file, now + files.linkSeconds * 1_000) },
    });
  };

  return {
    prefix: "upload",
    open: (context) => ({
      identity: { category: "store", type: "file", name: "HTTP File Upload" },
      features: [],
      forms: [uploadForm(files.maxBytes)],
      iq: [
        {
          to: "domain",
          type: "get",
          ns: NS_HTTP_UPLOAD,
          name: "request",
          handle: (incoming, payload) => requestSlot(context, incoming, payload),
        },
      ],
      errorChild: (error) => conditionOf(error, deps.clock()),
    }),
  };
}

/** Partners may ask what is here; files are taken of the tenant's own people only. */
function requireOwn(from: Jid, domain: string): void {
  if (from.domain === domain && from.local !== "") return;
  throw new KontorError("forbidden", `Only people of ${domain} may upload here: use the service of your own domain`);
}

/** XEP-0363 6: the figures that a client can act on. */
function conditionOf(error: KontorError, now: number): Element | undefined {
  const { maxBytes, retryAfterSeconds } = error.extra;
  if (error.code === "too-large" && typeof maxBytes === "number") return fileTooLarge.write({ maxFileSize: maxBytes });
  if (typeof retryAfterSeconds !== "number") return undefined;
  return uploadRetry.write({ stamp: new Date(now + retryAfterSeconds * 1_000).toISOString() });
}
