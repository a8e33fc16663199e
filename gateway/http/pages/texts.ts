import type { Language } from "./language.ts";

const de = {
  name: "Kontor",
  motto: "Nachrichten, Räume und Dateien für Verwaltungen, Schulen und Hochschulen",
  skip: "Zum Inhalt springen",
  languages: "Sprache",
  places: "Angebote",
  chat: "Chat",
  chatText: "Im Browser anmelden, Räumen beitreten, Nachrichten und Dateien senden. Nichts zu installieren.",
  api: "Schnittstelle",
  apiText: "OpenAPI-Dokument der HTTP-Schnittstelle, für Programme und Werkzeuge.",
  health: "Zustand",
  healthText: "Ob der Dienst bereit ist und welche seiner Teile antworten.",
  choose: "Wo möchten Sie sich anmelden?",
  chooseText: "Wählen Sie Ihre Einrichtung.",
  unknownTenant: "Diese Einrichtung gibt es hier nicht. Wählen Sie eine aus der Liste.",
  noTenants: "Noch ist keine Einrichtung eingerichtet. Bitte wenden Sie sich an den Betreiber des Dienstes.",
  signInAt: "Chat von",
  loading: "Der Chat wird geladen …",
  noScript: "Der Chat braucht JavaScript. Bitte erlauben Sie es für diese Seite, oder verwenden Sie ein XMPP-Programm.",
  loadFailed:
    "Der Chat konnte nicht geladen werden. Laden Sie die Seite neu, oder versuchen Sie es später noch einmal.",
  otherTenant: "Andere Einrichtung",
  home: "Startseite",
  credit: "Mit Converse.js (MPL 2.0)",
  wrong: "Das ging nicht",
  back: "Zur Startseite",
  requestId: "Kennung der Anfrage",
  "not-found": "Diese Seite gibt es nicht.",
  unavailable: "Ein Teil des Dienstes ist gerade nicht erreichbar. Bitte versuchen Sie es in einer Minute noch einmal.",
  internal: "Auf unserer Seite ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal.",
};

const en: typeof de = {
  name: "Kontor",
  motto: "Messages, rooms and files for public administrations, schools and universities",
  skip: "Skip to content",
  languages: "Language",
  places: "What is here",
  chat: "Chat",
  chatText: "Sign in with your browser, join rooms, send messages and files. Nothing to install.",
  api: "Interface",
  apiText: "OpenAPI document of the HTTP interface, for programs and tools.",
  health: "Health",
  healthText: "Whether the service is ready and which of its parts answer.",
  choose: "Where would you like to sign in?",
  chooseText: "Choose your organisation.",
  unknownTenant: "There is no such organisation here. Choose one from the list.",
  noTenants: "No organisation has been set up yet. Please ask the operator of the service.",
  signInAt: "Chat of",
  loading: "The chat is being loaded …",
  noScript: "The chat needs JavaScript. Please allow it for this page, or use an XMPP program.",
  loadFailed: "The chat could not be loaded. Reload the page, or try again later.",
  otherTenant: "Another organisation",
  home: "Start page",
  credit: "Made with Converse.js (MPL 2.0)",
  wrong: "That did not work",
  back: "To the start page",
  requestId: "Request",
  "not-found": "There is no such page.",
  unavailable: "A part of the service cannot be reached just now. Please try again in a minute.",
  internal: "Something failed on our side. Please try again.",
};

export type Texts = typeof de;

/** What the pages say. */
export const texts: Readonly<Record<Language, Texts>> = { de, en };
