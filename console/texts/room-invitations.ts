export const de = {
  title: "Einladungen",
  none: "Zuletzt wurde niemand eingeladen.",
  person: "Eingeladen",
  inviter: "Von",
  program: "Programm ({{name}})",
  at: "Am",
  state: "Stand",
  states: {
    pending: "wartet",
    accepted: "angenommen",
    declined: "abgelehnt",
    failed: "nicht zugestellt",
    withdrawn: "zurückgezogen",
  },
  answer: "Antwort",
  failed: {
    unknown: "Unter dieser Adresse ist niemand zu erreichen.",
    away: "Der Server dieser Adresse ist nicht zu erreichen.",
    refused: "Der Server dieser Adresse nimmt die Einladung nicht an.",
    other: "Die Einladung kam zurück ({{problem}}).",
  },
  withdraw: "Zurückziehen",
  withdrawTitle: "Einladung von {{name}} zurückziehen?",
  withdrawText:
    "Die Nachricht selbst lässt sich nicht zurückholen, und ein offener Raum bleibt offen. Wer durch die Einladung Mitglied wurde, ist es dann nicht mehr.",
  withdrawn: "Die Einladung von {{name}} ist zurückgezogen.",
};

export const en: typeof de = {
  title: "Invitations",
  none: "Nobody has been invited lately.",
  person: "Invited",
  inviter: "By",
  program: "Program ({{name}})",
  at: "On",
  state: "State",
  states: {
    pending: "waits",
    accepted: "accepted",
    declined: "declined",
    failed: "not delivered",
    withdrawn: "taken back",
  },
  answer: "Answer",
  failed: {
    unknown: "Nobody can be reached at this address.",
    away: "The server of this address cannot be reached.",
    refused: "The server of this address does not take the invitation.",
    other: "The invitation came back ({{problem}}).",
  },
  withdraw: "Take back",
  withdrawTitle: "Take back the invitation of {{name}}?",
  withdrawText:
    "The message itself cannot be called back, and an open room stays open. Who became a member by the invitation is none any more then.",
  withdrawn: "The invitation of {{name}} is taken back.",
};
