export const de = {
  skip: "Zum Inhalt springen",
  menu: "Bereiche",
  which: "Einrichtung",
  foreign: "Sie arbeiten in {{name}}: Was Sie hier sehen und ändern, gehört dieser Einrichtung.",
  away: "Die Konsole ist gerade nicht erreichbar",
  nothing: "Diese Seite gibt es nicht",
  nothingText: "Es gibt sie nicht, oder Ihre Rollen erlauben sie nicht. Wählen Sie links einen Bereich.",
};

export const en: typeof de = {
  skip: "Skip to content",
  menu: "Areas",
  which: "Organisation",
  foreign: "You are working in {{name}}: what you see and change here belongs to that organisation.",
  away: "The console cannot be reached just now",
  nothing: "There is no such page",
  nothingText: "It does not exist, or your roles do not allow it. Choose an area from the menu.",
};
