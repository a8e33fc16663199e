/** What a badge says and how it looks. Pure. */
import type { PresentedPerson } from "./core-present.ts";

export type BadgeLanguage = "de" | "en";
export const badgeStates = ["available", "busy", "meeting", "away", "offline", "unknown"] as const;
type BadgeState = (typeof badgeStates)[number];

export interface Badge {
  readonly name: string;
  readonly state: BadgeState;
  /** What is to be read, in the language asked for. */
  readonly label: string;
  /** Until when the person is out of office; null: it is not. */
  readonly outOfOfficeUntil: string | null;
}

const texts: Record<BadgeLanguage, Record<BadgeState | "out", string>> = {
  de: {
    available: "erreichbar",
    busy: "beschäftigt",
    meeting: "in einer Besprechung",
    away: "abwesend",
    offline: "nicht da",
    unknown: "unbekannt",
    out: "nicht im Büro",
  },
  en: {
    available: "available",
    busy: "busy",
    meeting: "in a meeting",
    away: "away",
    offline: "offline",
    unknown: "unknown",
    out: "out of office",
  },
};

/** What the public learns of a person: the state alone, neither words of the person nor devices nor times. */
export function badgeOf(person: PresentedPerson, language: BadgeLanguage): Badge {
  const state = stateOf(person);
  const { outOfOffice, name } = person;
  const of = texts[language];
  // Who is there although he is out of office can be reached: both are said.
  const label = !outOfOffice ? of[state] : person.available ? `${of[state]}, ${of.out}` : of.out;
  return { name, state, label, outOfOfficeUntil: outOfOffice?.until ?? null };
}

function stateOf({ meeting, show }: PresentedPerson): BadgeState {
  if (meeting) return "meeting";
  switch (show) {
    case "chat":
    case "online":
      return "available";
    case "dnd":
      return "busy";
    case "away":
    case "xa":
      return "away";
    default:
      return show;
  }
}

/** Colours with a contrast of 4.5 to white, and a form for each: colour alone says nothing. */
const looks: Record<BadgeState, { readonly colour: string; readonly form: string }> = {
  available: { colour: "#1a7f37", form: '<path d="m6 10 3 3 5-6"/>' },
  busy: { colour: "#b3261e", form: '<path d="M6 10h8"/>' },
  meeting: { colour: "#b3261e", form: '<path d="M7 7v6M10 7v6M13 7v6"/>' },
  away: { colour: "#8a5a00", form: '<path d="M10 6v4l3 2"/>' },
  offline: { colour: "#57606a", form: '<path d="m7 7 6 6m0-6-6 6"/>' },
  unknown: { colour: "#57606a", form: '<path d="M10 6v5M10 13.5v.5"/>' },
};

const HEIGHT = 20;
/** About as wide as a letter of 12 pixels is. */
const LETTER = 6.6;

/** A small picture with form, colour and words; its title names the person. */
export function badgeSvg({ name, state, label }: Badge): string {
  const { colour, form } = looks[state];
  const words = Math.ceil(label.length * LETTER);
  const width = 26 + words + 8;
  const title = forXml(`${name}: ${label}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${HEIGHT - 1}" rx="9.5" fill="#ffffff" stroke="${colour}"/>`,
    `<circle cx="10" cy="10" r="8" fill="${colour}"/>`,
    `<g fill="none" stroke="#ffffff" stroke-width="2" stroke-linecap="round">${form}</g>`,
    `<text x="24" y="14" font-family="sans-serif" font-size="12" fill="#1f2328" textLength="${words}" lengthAdjust="spacingAndGlyphs">${forXml(label)}</text>`,
    "</svg>\n",
  ].join("");
}

const forXml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
