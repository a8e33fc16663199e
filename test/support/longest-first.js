import TestSequencer from "@jest/test-sequencer";

/**
 * Files of a minute and more, so that no worker starts one when the other has nothing left to do. A fresh checkout has no
 * durations of an earlier run, and jest takes the largest files for the longest. One that is not there is no harm.
 */
const longest = [
  "test/schemathesis/schemathesis",
  "test/web/console-operator",
  "test/dialogues/dialogues",
  "test/web/console-rooms",
  "test/web/console",
  "presence/webhook/deliveries",
  "test/dialogues/peer-muc",
  "test/web/pages",
  "test/dialogues/mutants",
  "test/faults/owner-kills",
  "test/servers/ejabberd",
  "test/faults/kills",
  "test/faults/room-export",
];

/** Where a path stands in the list; all others behind it. */
const place = (path) => {
  const found = longest.findIndex((name) => path.endsWith(`/${name}.real.test.ts`));
  return found === -1 ? longest.length : found;
};

export default class LongestFirst extends TestSequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => place(a.path) - place(b.path));
  }
}
