export const de = {
  title: "Erklärung zur Barrierefreiheit",
  standard: {
    title: "Maßstab",
    text: "Diese Konsole soll den Anforderungen der BITV 2.0 und der EN 301 549 genügen (WCAG 2.1, Stufe AA).",
  },
  state: {
    title: "Stand",
    text: "Die Seiten wurden in beiden Sprachen mit dem Werkzeug axe geprüft. Eine Prüfung durch Dritte steht noch aus. Einzelne Fehlermeldungen der Schnittstelle erscheinen zusätzlich auf Englisch.",
  },
  keyboard: {
    title: "Bedienung mit der Tastatur",
    text: "Alles ist mit Tab, Umschalt+Tab, Eingabe- und Leertaste erreichbar. Escape schließt Dialoge. Am Anfang jeder Seite führt ein Sprunglink zum Inhalt.",
  },
  contact: {
    title: "Barriere melden",
    text: "Wenn Ihnen etwas den Weg versperrt, wenden Sie sich an die Kontaktperson Ihrer Einrichtung. Sie gibt es an den Betreiber weiter.",
  },
  enforcement: {
    title: "Schlichtung",
    text: "Bleibt eine Meldung ohne befriedigende Antwort, können Sie sich an die Schlichtungsstelle oder die Durchsetzungsstelle wenden, die für Ihre Einrichtung zuständig ist.",
  },
};

export const en: typeof de = {
  title: "Accessibility statement",
  standard: {
    title: "Standard",
    text: "This console is meant to meet BITV 2.0 and EN 301 549 (WCAG 2.1, level AA).",
  },
  state: {
    title: "State",
    text: "The pages were checked in both languages with the tool axe. An audit by others has not been made yet. Some messages of the interface are shown in English in addition.",
  },
  keyboard: {
    title: "Use by keyboard",
    text: "Everything is reached with Tab, Shift+Tab, Enter and Space. Escape closes dialogs. A link at the start of each page leads to its content.",
  },
  contact: {
    title: "Report a barrier",
    text: "If something stands in your way, tell the contact person of your organisation, who passes it on to the operator.",
  },
  enforcement: {
    title: "Arbitration",
    text: "If a report gets no satisfying answer, you can turn to the arbitration or enforcement body responsible for your organisation.",
  },
};
