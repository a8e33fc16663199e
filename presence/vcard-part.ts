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
/** In one question. */
const MAX_ASKED = 100;

export const vcardPart =
  ({ db, clock }: { readonly db: Database; readonly clock: Clock }): OpenPart =>
  ({ tenant }) => {
    /** Undefined for an address that only the server takes for one: others that are asked about have no part in it. */
    const viewerOf = (question: Element, localpart: string): Viewer | undefined => {
      const viewer = parseJid(attr(question, "viewer"));
      if (!viewer) return undefined;
      if (viewer.domain === tenant.domain && viewer.local === localpart) return { kind: "self" };
      const kind = viewer.domain === tenant.domain && viewer.local !== "" ? "tenant" : "partner";
      return { kind, contact: attr(question, "contact") === "true", sharesGroup: false };
    };
    /** What each question is answered with, in their order. */
    const answer = async (questions: readonly Element[]): Promise<Element[]> => {
      const asked = questions.map((question) => {
        const localpart = attr(question, "local") ?? "";
        return { localpart, viewer: viewerOf(question, localpart) };
      });
      const localparts = [...new Set(asked.map(({ localpart }) => localpart))];
      const query = { localparts, limit: localparts.length };
      const { rules, people } = await readDirectory(db, tenant.id, query, new Date(clock()));
      const byName = new Map(people.map((person) => [person.localpart, person]));
      const organisation = (await findTenant(db, tenant.id))?.name;
      return asked.map(({ localpart, viewer }) => {
        const person = byName.get(localpart);
        return person && viewer && isListed(viewer, rules, person.own)
          ? x("person", { name: person.name, organisation })
          : x("person");
      });
    };
    return {
      iq: [
        {
          to: "domain",
          type: "get",
          ns: NS_DIRECTORY,
          name: "people",
          handle: async ({ from }, element) => {
            if (from.local !== "" || from.domain !== tenant.domain) {
              throw new KontorError("forbidden", "Only the tenant's host asks this");
            }
            const questions = element.getChildren("person");
            if (questions.length === 0 || questions.length > MAX_ASKED) {
              throw new KontorError("bad-request", `One to ${MAX_ASKED} people`);
            }
            return x("people", { xmlns: NS_DIRECTORY }, ...(await answer(questions)));
          },
        },
      ],
    };
  };
