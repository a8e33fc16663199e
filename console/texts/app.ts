export const de = {
  skip: "Zum Inhalt springen",
  menu: "Bereiche",
  away: "Die Konsole ist gerade nicht erreichbar",
  nothing: "Diese Seite gibt es nicht",
  nothingText: "Es gibt sie nicht, oder Ihre Rollen erlauben sie nicht. Wählen Sie links einen Bereich.",
};

export const en: typeof de = {
  skip: "Skip to content",
  menu: "Areas",
  away: "The console cannot be reached just now",
  nothing: "There is no such page",
  nothingText: "It does not exist, or your roles do not allow it. Choose an area from the menu.",
};
