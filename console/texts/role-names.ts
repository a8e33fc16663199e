export const de = {
  operator: "Betreiber",
  "ordering-person": "Abrufberechtigte Person",
  "tenant-administrator": "Verwaltung der Einrichtung",
  dpo: "Datenschutz",
  auditor: "Revision",
  opener: "Darf Konferenzen öffnen",
  moderator: "Moderation",
  user: "Nutzung",
};

export const en: typeof de = {
  operator: "Operator",
  "ordering-person": "Ordering person",
  "tenant-administrator": "Tenant administrator",
  dpo: "Data protection officer",
  auditor: "Auditor",
  opener: "Opener of conferences",
  moderator: "Moderator",
  user: "User",
};
