/** What people of an office write to each other, made up: a store of texts of varied length that messages are drawn from. */

/** One text of so many has the rare word, and one of so many the frequent word. */
export const RARE = { word: "Haushaltsplan", of: 2_000 } as const;
export const FREQUENT = { word: "Sitzung", of: 10 } as const;
/** Different texts; a multiple of both. */
export const TEXTS = 20_000;

const words = `der die das und in zu den ist mit auf für nicht wir ich es sie an bei von noch schon auch aber wenn dann
  bitte danke heute morgen gestern Montag Dienstag Woche Termin Unterlagen Akte Vorgang Antrag Bescheid Frist Entwurf
  Vorlage Vermerk Schreiben Anlage Rückmeldung Abstimmung Zuständigkeit Referat Abteilung Leitung Kollegin Kollege
  Besprechung Protokoll Tagesordnung Raum Drucker Zugang Kennwort Schulung Urlaub Vertretung Dienstreise Rechnung Vergabe
  Angebot Lieferung Bestellung Vertrag Prüfung Freigabe Unterschrift Stellungnahme Anfrage Bürgerin Bürger Gemeinde
  Landkreis Ministerium Ausschuss Beschluss Verordnung Gesetz Absatz Fassung Änderung Hinweis Frage Antwort Problem Lösung
  Server Netz Update Störung Wartung Telefon Konferenz Meeting Feedback Deadline Draft Review Team Projekt Meilenstein
  schicken prüfen klären abstimmen ergänzen melden vorlegen unterschreiben verschieben vorbereiten dringend vollständig
  gemeinsam spätestens vormittags nachmittags leider gern kurz später erledigt offen unklar richtig neu alt`.split(
  /\s+/,
);

/** A linear congruential generator (Numerical Recipes): the same texts in each run. */
function numbers(): () => number {
  let state = 20_261_125;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The texts: a few words to some sentences each; short words at the front of the list come far more often. */
export function texts(): string[] {
  const next = numbers();
  const word = () => words[Math.floor(words.length * next() ** 2)] ?? "und";
  return Array.from({ length: TEXTS }, (_, index) => {
    const length = 3 + Math.floor(40 * next() ** 3);
    const said = Array.from({ length }, word);
    if (index % FREQUENT.of === 3) said.splice(length >> 1, 0, next() < 0.5 ? FREQUENT.word : `${FREQUENT.word}en`);
    if (index % RARE.of === 7) said.splice(length >> 1, 0, RARE.word);
    return `${said.join(" ").replace(/^./, (first) => first.toUpperCase())} ${index}.`;
  });
}
