export const de = {
  title: "Regeln der Anwesenheit",
  lead: "Wer sieht, ob die Personen Ihrer Einrichtung da sind. Jede Person darf mehr verbergen, nie weniger.",
  webhooks: "Webhooks",
  within: "Innerhalb der Einrichtung",
  withinLegend: "Die Personen sind zu sehen für",
  withinChoices: {
    everyone: {
      label: "alle der Einrichtung",
      hint: "Kolleginnen und Kollegen sehen einander, ohne um Erlaubnis zu fragen.",
    },
    contacts: {
      label: "Kontakte und Gruppen",
      hint: "Wer als Kontakt angenommen wurde, oder mit der Person in einer Gruppe der Kontaktliste ist.",
    },
    groups: { label: "Gruppen", hint: "Nur wer mit der Person in einer Gruppe der Kontaktliste ist." },
    nobody: { label: "niemanden", hint: "Anwesenheit wird nirgends gezeigt. Nachrichten kommen trotzdem an." },
  },
  partners: "Partner",
  partnersLegend: "In Einrichtungen, mit denen Verbindung vereinbart ist, sind die Personen zu sehen für",
  partnersChoices: {
    everyone: { label: "alle dort", hint: "Wie Kolleginnen und Kollegen des eigenen Hauses." },
    contacts: { label: "ihre Kontakte dort", hint: "Nur wen eine Person selbst als Kontakt angenommen hat." },
    nobody: { label: "niemanden dort", hint: "Nachrichten kommen trotzdem an." },
  },
  more: "Was sonst gezeigt wird",
  hideTimes: "Zeiten verbergen",
  hideTimesHint:
    "Niemand erfährt, seit wann jemand da, weg oder untätig ist: Aus der Anwesenheit wird so keine Kontrolle der Arbeitszeit. Ein Verlauf wird in keinem Fall aufgehoben.",
  badges: "Anwesenheit auf Webseiten erlauben",
  badgesHint:
    "Jede Person entscheidet selbst, ob sie ein Bild mit ihrer Anwesenheit auf öffentlichen Seiten möchte. Ohne Haken zeigt kein solches Bild etwas, auch wenn es schon eingebaut ist.",
  notInRosters:
    "Der XMPP-Server dieser Installation zeigt in Kontaktlisten weiter, wer da ist: Die Regeln gelten in der Konsole, über die API, für Webhooks und Brücken.",
  saved: "Die Regeln gelten.",
};

export const en: typeof de = {
  title: "Presence rules",
  lead: "Who sees whether the people of your organisation are there. Each person may hide more, never less.",
  webhooks: "Webhooks",
  within: "Within the organisation",
  withinLegend: "The people are seen by",
  withinChoices: {
    everyone: { label: "everybody of the organisation", hint: "Colleagues see each other without asking first." },
    contacts: {
      label: "contacts and groups",
      hint: "Who was accepted as a contact, or is in a group of the contact list with the person.",
    },
    groups: { label: "groups", hint: "Only who is in a group of the contact list with the person." },
    nobody: { label: "nobody", hint: "Presence is shown nowhere. Messages arrive all the same." },
  },
  partners: "Partners",
  partnersLegend: "In organisations with which a connection is agreed, the people are seen by",
  partnersChoices: {
    everyone: { label: "everybody there", hint: "As by colleagues of one's own house." },
    contacts: { label: "their contacts there", hint: "Only whom a person has accepted as a contact." },
    nobody: { label: "nobody there", hint: "Messages arrive all the same." },
  },
  more: "What else is shown",
  hideTimes: "Hide times",
  hideTimesHint:
    "Nobody learns since when somebody is there, away or idle: presence does not become a control of working time. In no case is a history kept.",
  badges: "Allow presence on web pages",
  badgesHint:
    "Each person decides whether to have a picture of the own presence on public pages. Without the tick no such picture shows anything, even where it is built in already.",
  notInRosters:
    "The XMPP server of this installation goes on showing in contact lists who is there: the rules hold in the console, over the API, for webhooks and bridges.",
  saved: "The rules hold.",
};
