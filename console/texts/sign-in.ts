export const de = {
  title: "Anmelden",
  lead: "Mit der Adresse und dem Passwort, mit denen Sie auch chatten.",
  ended: "Ihre Sitzung ist beendet. Bitte melden Sie sich wieder an.",
  jid: "Adresse",
  jidHint: "Zum Beispiel name@einrichtung.example",
  password: "Passwort",
  submit: "Anmelden",
};

export const en: typeof de = {
  title: "Sign in",
  lead: "With the address and password you chat with.",
  ended: "Your session has ended. Please sign in again.",
  jid: "Address",
  jidHint: "For example name@organisation.example",
  password: "Password",
  submit: "Sign in",
};
