/** What a password must be like. Pure. */

const MIN_PASSWORD = 12;
const MAX_PASSWORD = 128;

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

/** Why a password is not good enough, said as what to do; undefined when it is. */
export function passwordProblem(password: string, owner: PasswordOwner): string | undefined {
  const length = [...password].length;
  if (length < MIN_PASSWORD)
    return `Choose a password of ${MIN_PASSWORD} characters or more: several words are easy to keep`;
  if (length > MAX_PASSWORD) return `Choose a password of ${MAX_PASSWORD} characters at most`;
  // SASLprep (RFC 4013 2.3) forbids them: a client could never sign in.
  if (/[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/u.test(password)) return "Choose a password without control characters";
  const text = password.normalize("NFC").toLowerCase();
  const names = [owner.localpart, ...owner.name.split(/\s+/), ...owner.localpart.split(/[._-]/)];
  if (names.some((name) => [...name].length >= 4 && text.includes(name.normalize("NFC").toLowerCase()))) {
    return "Choose a password without your own name";
  }
  if (new Set(text).size < 5) return "Choose a password of more different characters";
  // What common words and runs of the alphabet or the keyboard leave over must carry the password by itself.
  if ([...withoutRuns(withoutCommon(text))].length < 6) {
    return "This password is among the first that are guessed: choose several words that have nothing to do with each other";
  }
  return undefined;
}

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
