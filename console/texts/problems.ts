export const de = {
  network: "Der Dienst ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.",
  http: "Die Antwort war nicht zu verstehen. Versuchen Sie es in einer Minute noch einmal.",
  "bad-request": "Die Angaben passen so nicht. Prüfen Sie sie bitte.",
  conflict: "Den Namen gibt es schon, oder jemand war schneller. Laden Sie neu und versuchen Sie es noch einmal.",
  "last-administrator":
    "Das ist die letzte Verwaltung der Einrichtung. Geben Sie die Rolle erst jemand anderem, und zwar unbefristet.",
  "exports-open":
    "Es sind schon so viele Exporte unterwegs, wie Ihre Einrichtung zugleich haben darf. Warten Sie, bis einer fertig ist, oder brechen Sie einen ab.",
  "exports-kept":
    "Es sind so viele fertige Exporte da, wie Ihre Einrichtung aufheben darf. Löschen Sie einen, der nicht mehr gebraucht wird.",
  "precondition-failed": "Jemand hat es inzwischen geändert. Laden Sie neu und versuchen Sie es noch einmal.",
  forbidden: "Das erlauben Ihre Rollen nicht.",
  "not-found": "Das gibt es nicht (mehr).",
  "not-authorized": "Anmeldung nicht möglich. Prüfen Sie Adresse und Passwort.",
  "policy-violation": "Eine Regel Ihrer Einrichtung verbietet das.",
  "too-large": "Das ist zu groß.",
  "too-many": "Zu viele Versuche. Warten Sie einen Augenblick und versuchen Sie es dann noch einmal.",
  gone: "Das ist abgelaufen.",
  unavailable: "Ein Teil des Dienstes ist gerade nicht erreichbar. Versuchen Sie es in einer Minute noch einmal.",
  internal: "Auf unserer Seite ist etwas schiefgegangen. Versuchen Sie es noch einmal.",
};

export const en: typeof de = {
  network: "The service cannot be reached. Check your connection and try again.",
  http: "The answer could not be understood. Try again in a minute.",
  "bad-request": "Something you entered will not do. Please check it.",
  conflict: "The name is taken, or somebody was faster. Reload and try again.",
  "last-administrator":
    "This is the last administrator of the organisation. First give the role to somebody else, without an end.",
  "exports-open":
    "As many exports are under way as your organisation may have at a time. Wait for one, or call one off.",
  "exports-kept":
    "As many finished exports are kept as your organisation may have. Delete one that is not needed any more.",
  "precondition-failed": "Somebody changed it meanwhile. Reload and try again.",
  forbidden: "Your roles do not allow this.",
  "not-found": "There is no such thing (any more).",
  "not-authorized": "Sign-in failed. Check address and password.",
  "policy-violation": "A rule of your organisation forbids this.",
  "too-large": "This is too large.",
  "too-many": "Too many attempts. Wait a moment, then try again.",
  gone: "This has expired.",
  unavailable: "A part of the service cannot be reached just now. Try again in a minute.",
  internal: "Something failed on our side. Try again.",
};
