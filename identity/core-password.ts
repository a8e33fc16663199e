/** What a password must be like. Pure. */

export const MIN_PASSWORD = 12;
export const MAX_PASSWORD = 128;

/** Words that common passwords are made of; alone or with a few signs around them they are guessed first. */
const common = [
  ...["password", "passwort", "kennwort", "geheim", "secret", "letmein", "welcome", "willkommen", "iloveyou"],
  ...["admin", "administrator", "qwertyuiop", "qwertzuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm", "qwerty", "qwertz"],
  ...["1q2w3e4r5t6z", "1q2w3e4r5t6y", "1qaz2wsx3edc", "abc123", "dragon", "monkey", "football", "fussball", "sunshine"],
  ...["sommer", "winter", "fruehling", "frühling", "herbst", "summer", "hallo", "schatz", "master", "princess"],
];

const runs = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890123456789",
  "qwertyuiopasdfghjklzxcvbnm",
  "qwertzuiopasdfghjklyxcvbnm",
];

/** Whose password it is: none of these may be in it. */
export interface PasswordOwner {
  readonly localpart: string;
  readonly name: string;
}

/** What may be wrong with a password, in the order in which it is looked at. */
export const passwordFaults = ["short", "long", "control", "name", "uniform", "common"] as const;
export type PasswordFault = (typeof passwordFaults)[number];

const said: Readonly<Record<PasswordFault, string>> = {
  short: `Choose a password of ${MIN_PASSWORD} characters or more: several words are easy to keep`,
  long: `Choose a password of ${MAX_PASSWORD} characters at most`,
  control: "Choose a password without control characters",
  name: "Choose a password without your own name",
  uniform: "Choose a password of more different characters",
  common:
    "This password is among the first that are guessed: choose several words that have nothing to do with each other",
};

/** Why a password is not good enough, said as what to do; undefined when it is. */
export function passwordProblem(password: string, owner: PasswordOwner): string | undefined {
  const fault = passwordFaults.find((each) => hasFault[each](password, owner));
  return fault && said[fault];
}

/** Whether a password has a fault, taken by itself. */
export const hasFault: Readonly<Record<PasswordFault, (password: string, owner: PasswordOwner) => boolean>> = {
  short: (password) => [...password].length < MIN_PASSWORD,
  long: (password) => [...password].length > MAX_PASSWORD,
  // SASLprep (RFC 4013 2.3) forbids them: a client could never sign in.
  control: (password) => /[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/u.test(password),
  name: (password, owner) => {
    const text = compared(password);
    const names = [owner.localpart, ...owner.name.split(/\s+/), ...owner.localpart.split(/[._-]/)];
    return names.some((name) => [...name].length >= 4 && text.includes(compared(name)));
  },
  uniform: (password) => new Set(compared(password)).size < 5,
  // What common words and runs of the alphabet or the keyboard leave over must carry the password by itself.
  common: (password) => [...withoutRuns(withoutCommon(compared(password)))].length < 6,
};

const compared = (text: string): string => text.normalize("NFC").toLowerCase();

function withoutCommon(text: string): string {
  const plain = text.replaceAll("@", "a").replaceAll("0", "o").replaceAll("$", "s");
  // The readable form loses digits, so it is taken only where it holds a common word.
  const readable = common.some((word) => plain.includes(word)) ? plain : text;
  return common.reduce((rest, word) => rest.replaceAll(word, ""), readable);
}

/** Without pieces of four and more characters in a row of the alphabet or keyboard, forwards or backwards. */
function withoutRuns(text: string): string {
  const both = [...runs, ...runs.map((run) => [...run].reverse().join(""))];
  let rest = text;
  for (let at = 0; at + 4 <= rest.length; ) {
    let length = 0;
    while (at + length < rest.length && both.some((run) => run.includes(rest.slice(at, at + length + 1)))) length += 1;
    if (length >= 4) rest = rest.slice(0, at) + rest.slice(at + length);
    else at += 1;
  }
  return rest;
}
