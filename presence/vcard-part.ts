/**
 * What the directory says of somebody who has no vCard of his own, as the server's module mod_kontor_vcard asks for it
 * when a client looks.
 */
import { parseJid } from "../components/jid.ts";
import { attr, type Element, x } from "../components/stanza.ts";
import { findTenant } from "../identity/index.ts";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { isListed, type Viewer } from "./core-visibility.ts";
import type { OpenPart } from "./part.ts";
import { readDirectory } from "./store-directory.ts";

const NS_DIRECTORY = "urn:kontor:directory:1";

export const vcardPart =
  ({ db, clock }: { readonly db: Database; readonly clock: Clock }): OpenPart =>
  ({ tenant }) => {
    const viewerOf = (question: Element, localpart: string): Viewer => {
      const viewer = parseJid(attr(question, "viewer"));
      if (!viewer) throw new KontorError("jid-malformed", "The address of the viewer is malformed");
      if (viewer.domain === tenant.domain && viewer.local === localpart) return { kind: "self" };
      const kind = viewer.domain === tenant.domain && viewer.local !== "" ? "tenant" : "partner";
      return { kind, contact: attr(question, "contact") === "true", sharesGroup: false };
    };
    return {
      iq: [
        {
          to: "domain",
          type: "get",
          ns: NS_DIRECTORY,
          name: "person",
          handle: async ({ from }, question) => {
            if (from.local !== "" || from.domain !== tenant.domain) {
              throw new KontorError("forbidden", "Only the tenant's host asks this");
            }
            const localpart = attr(question, "local") ?? "";
            const viewer = viewerOf(question, localpart);
            const now = new Date(clock());
            const { rules, people } = await readDirectory(db, tenant.id, { localparts: [localpart], limit: 1 }, now);
            const [person] = people;
            if (!person || !isListed(viewer, rules, person.own)) return x("person", { xmlns: NS_DIRECTORY });
            const organisation = (await findTenant(db, tenant.id))?.name;
            return x("person", { xmlns: NS_DIRECTORY, name: person.name, organisation });
          },
        },
      ],
    };
  };
