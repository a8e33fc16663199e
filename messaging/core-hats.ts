/** What people wear in a room besides role and affiliation (XEP-0317). Pure. */
import type { Element } from "../components/stanza.ts";
import { hats } from "../components/xep/xep-0317-hats.ts";
import type { Role } from "../identity/permissions.ts";
import type { RoomConfig } from "./core-config.ts";

/** The roles in the tenant that are worn where its rules say so, as they are called in German and English. */
const titles = {
  "tenant-administrator": { de: "Verwaltung", en: "Administration" },
  dpo: { de: "Datenschutz", en: "Data protection" },
  opener: { de: "Konferenzleitung", en: "Conference host" },
  moderator: { de: "Moderation", en: "Moderator" },
} as const satisfies Partial<Record<Role, { de: string; en: string }>>;
export type WornRole = keyof typeof titles;

/** A room, and an occupant of it, as far as hats go. */
interface Where {
  readonly jid: string;
  readonly config: Pick<RoomConfig, "language">;
}
interface Wearer {
  readonly bare: string | null;
  readonly far: { readonly network: string } | undefined;
  worn?: readonly WornRole[];
}

const isWorn = (role: string): role is WornRole => Object.hasOwn(titles, role);

/** Those of somebody's roles that are worn, in a fixed order. */
export const wornRoles = (roles: readonly string[]): WornRole[] => [...new Set(roles)].filter(isWorn).sort();

/** Who is not of the tenant is marked as such; who is, wears the roles that were found for it. */
export function hatsOf(room: Where, { far, bare, worn = [] }: Wearer): Element | undefined {
  if (far) return hats.write({ hats: [{ uri: `urn:kontor:hat:${far.network}`, title: far.network.toUpperCase() }] });
  // In the language of the room, which is German without word of it.
  const lang = /^en\b/i.test(room.config.language) ? "en" : "de";
  if (!isOfTenant(room, bare)) {
    const title = lang === "en" ? "Guest" : "Gast";
    return hats.write({ hats: [{ uri: "urn:kontor:hat:guest", title, lang }] });
  }
  if (worn.length === 0) return undefined;
  return hats.write({
    hats: worn.map((role) => ({ uri: `urn:kontor:hat:role:${role}`, title: titles[role][lang], lang })),
  });
}

function isOfTenant(room: Where, bare: string | null): boolean {
  const home = homeOf(room);
  const domain = bare?.slice(bare.indexOf("@") + 1) ?? home;
  return domain === home || domain.endsWith(`.${home}`);
}

const homeOf = (room: Pick<Where, "jid">): string => room.jid.slice(room.jid.indexOf("@rooms.") + "@rooms.".length);

/** The local part of somebody who may hold roles in the tenant of this room. */
export function accountOf(room: Pick<Where, "jid">, { bare }: Pick<Wearer, "bare">): string | undefined {
  const home = `@${homeOf(room)}`;
  return bare?.endsWith(home) ? bare.slice(0, -home.length) : undefined;
}

/** Gives somebody the hats of these roles; whether that changed anything. */
export function wear(occupant: Pick<Wearer, "worn">, roles: readonly WornRole[]): boolean {
  if ((occupant.worn ?? []).join() === roles.join()) return false;
  occupant.worn = roles;
  return true;
}
