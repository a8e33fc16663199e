export const de = {
  title: "Anmelden",
  lead: "Mit der Adresse und dem Passwort, mit denen Sie auch chatten.",
  ended: "Ihre Sitzung ist beendet. Bitte melden Sie sich wieder an.",
  jid: "Adresse",
  jidHint: "Zum Beispiel name@einrichtung.example",
  password: "Passwort",
  submit: "Anmelden",
  offered: "Ihre Organisation bietet eine eigene Anmeldung an, ohne das Passwort hier.",
  organisation: "Mit dem Konto der Organisation anmelden",
  leaving: "Sie werden weitergeleitet …",
  failure: {
    expired: "Die Anmeldung hat zu lange gedauert oder wurde schon einmal verwendet. Beginnen Sie noch einmal.",
    "other-browser":
      "Die Anmeldung wurde in einem anderen Browser oder Fenster begonnen. Beginnen Sie sie hier noch einmal.",
    "other-organisation": "Das Konto gehört nicht zu dieser Organisation. Melden Sie sich mit einem anderen Konto an.",
    nobody: "Für dieses Konto gibt es hier keine aktive Person. Wenden Sie sich an Ihre Administration.",
    "no-person-claim":
      "Der Anmeldedienst hat keinen passenden Namen mitgeteilt. Wenden Sie sich an Ihre Administration.",
    refused: "Der Anmeldedienst Ihrer Organisation hat die Anmeldung abgelehnt oder sie wurde abgebrochen.",
    unreachable:
      "Der Anmeldedienst Ihrer Organisation ist gerade nicht erreichbar. Versuchen Sie es später noch einmal oder nutzen Sie Ihr Passwort.",
    settings:
      "Die Anmeldung über Ihre Organisation ist nicht richtig eingerichtet. Wenden Sie sich an Ihre Administration.",
    invalid: "Die Antwort des Anmeldedienstes war nicht gültig. Beginnen Sie noch einmal.",
    failed: "Auf unserer Seite ist etwas schiefgegangen. Versuchen Sie es noch einmal.",
  },
};

export const en: typeof de = {
  title: "Sign in",
  lead: "With the address and password you chat with.",
  ended: "Your session has ended. Please sign in again.",
  jid: "Address",
  jidHint: "For example name@organisation.example",
  password: "Password",
  submit: "Sign in",
  offered: "Your organisation offers a sign-in of its own, without the password here.",
  organisation: "Sign in with your organisation’s account",
  leaving: "Taking you there …",
  failure: {
    expired: "The sign-in took too long or was used before. Begin once more.",
    "other-browser": "The sign-in was begun in another browser or window. Begin it here once more.",
    "other-organisation": "The account does not belong to this organisation. Sign in with another account.",
    nobody: "Nobody active here belongs to this account. Ask your administrator.",
    "no-person-claim": "The sign-in service gave no name that fits. Ask your administrator.",
    refused: "Your organisation’s sign-in service refused the sign-in, or it was cancelled.",
    unreachable:
      "Your organisation’s sign-in service cannot be reached just now. Try again later or use your password.",
    settings: "Sign-in through your organisation is not set up correctly. Ask your administrator.",
    invalid: "The answer of the sign-in service was not valid. Begin once more.",
    failed: "Something failed on our side. Try again.",
  },
};
