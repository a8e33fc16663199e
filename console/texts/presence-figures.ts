export const de = {
  title: "Anwesenheit in Zahlen",
  text: "Nur Zahlen ganzer Tage: Wer wann da war, wird nirgends aufgehoben.",
  none: "Noch gibt es keine Zahlen. Die ersten stehen hier wenige Minuten, nachdem jemand angemeldet war.",
  chart: "Höchstens zugleich da, vom {{from}} bis {{to}}: am meisten {{peak}} am {{day}}.",
  asTable: "Als Tabelle",
  day: "Tag",
  peak: "Höchstens zugleich da",
  active: "Insgesamt da",
  activeHint: "Insgesamt da: geschätzt, auf etwa ein Prozent genau. Der heutige Tag ist noch nicht zu Ende.",
};

export const en: typeof de = {
  title: "Presence in figures",
  text: "Only figures of whole days: who was there when is kept nowhere.",
  none: "There are no figures yet. The first are here some minutes after somebody was signed in.",
  chart: "At most there at once, from {{from}} to {{to}}: {{peak}} on {{day}} was the most.",
  asTable: "As a table",
  day: "Day",
  peak: "At most there at once",
  active: "There at all",
  activeHint: "There at all: an estimate, good to about one per cent. Today is not over yet.",
};
