export const de = {
  title: "Eigenes Konto",
  lead: "Ihre Rollen, und abmelden.",
  name: "Name",
  localpart: "Kennung",
  tenant: "Einrichtung",
  roles: "Rollen",
  signOutEverywhere: "Überall abmelden",
  everywhereText: "Ihre Sitzungen enden auf allen Geräten, auch hier.",
  signOut: "Abmelden",
};

export const en: typeof de = {
  title: "Own account",
  lead: "Your roles, and signing out.",
  name: "Name",
  localpart: "Id",
  tenant: "Tenant",
  roles: "Roles",
  signOutEverywhere: "Sign out everywhere",
  everywhereText: "Your sessions end on all devices, here as well.",
  signOut: "Sign out",
};
