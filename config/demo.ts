/** The demo world of `up`: two tenants with five people each, and that of who runs the service. Passwords are made at the first start, not here. */

type DemoRole =
  | "operator"
  | "ordering-person"
  | "auditor"
  | "tenant-administrator"
  | "dpo"
  | "opener"
  | "moderator"
  | "user";

interface DemoPerson {
  /** Local part of the JID. */
  readonly user: string;
  readonly name: string;
  readonly roles: readonly DemoRole[];
}

interface DemoTenant {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly people: readonly DemoPerson[];
}

export const demoTenants: readonly DemoTenant[] = [
  {
    id: "amt-nord",
    name: "Amt Nord",
    domain: "amt-nord.localhost",
    people: [
      { user: "ingrid.petersen", name: "Ingrid Petersen", roles: ["tenant-administrator"] },
      { user: "holger.brandt", name: "Holger Brandt", roles: ["dpo"] },
      { user: "anke.thomsen", name: "Anke Thomsen", roles: ["opener"] },
      { user: "malte.jensen", name: "Malte Jensen", roles: ["moderator"] },
      { user: "svenja.carstens", name: "Svenja Carstens", roles: ["user"] },
    ],
  },
  {
    id: "schule-sued",
    name: "Schule Süd",
    domain: "schule-sued.localhost",
    people: [
      { user: "renate.vogel", name: "Renate Vogel", roles: ["tenant-administrator"] },
      { user: "dieter.krause", name: "Dieter Krause", roles: ["dpo"] },
      { user: "yasemin.aydin", name: "Yasemin Aydin", roles: ["opener"] },
      { user: "florian.huber", name: "Florian Huber", roles: ["moderator"] },
      { user: "lena.schuster", name: "Lena Schuster", roles: ["user"] },
    ],
  },
  {
    id: "betrieb",
    name: "Betrieb",
    domain: "betrieb.localhost",
    people: [
      { user: "olaf.nissen", name: "Olaf Nissen", roles: ["operator"] },
      { user: "birte.lorenzen", name: "Birte Lorenzen", roles: ["ordering-person"] },
      { user: "petra.ohm", name: "Petra Ohm", roles: ["auditor"] },
      { user: "karin.hansen", name: "Karin Hansen", roles: ["tenant-administrator"] },
    ],
  },
];

/** The room that is joined to a channel of the demo's IRC server. */
export const demoBridge = { tenantId: "amt-nord", room: "empfang", name: "Empfang", channel: "#empfang" } as const;
