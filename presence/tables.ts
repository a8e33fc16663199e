import type { Audience } from "./core-visibility.ts";

/** The tables of presence, and what it reads of people and their groups. */
export interface PresenceTables {
  presence_rules: { tenant_id: string; version: number; rules: unknown; updated_at: Date };
  person_presence: {
    tenant_id: string;
    person_id: string;
    version: number;
    audience: Audience | null;
    hide_times: boolean;
    away_until: Date | null;
    away_text: string | null;
    badge: string | null;
  };
  tenant: { id: string; domain: string; status: string };
  presence_usage: { tenant_id: string; day: Date; peak: number; active: number };
  person: { tenant_id: string; id: string; localpart: string; name: string; email: string | null; status: string };
  person_group: { tenant_id: string; id: string; name: string; roster: boolean };
  group_member: { tenant_id: string; group_id: string; person_id: string };
}
