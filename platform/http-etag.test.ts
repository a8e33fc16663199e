import { expect, test } from "@jest/globals";
import { requireMatch, shownTag, versionTag } from "./http-etag.ts";

test("a tag of all that is shown is the same for the same, and another for anything else", () => {
  expect(shownTag(7, { occupants: 1 })).toBe(shownTag(7, { occupants: 1 }));
  expect(shownTag(7, { occupants: 2 })).not.toBe(shownTag(7, { occupants: 1 }));
});

const matching = (tag: string) => () => requireMatch({ headers: { "if-match": tag } }, versionTag(7));

test.each([versionTag(7), shownTag(7, { occupants: 1 }), "*", `"v1", ${shownTag(7, {})}`])(
  "If-Match: %s names version 7",
  (tag) => {
    expect(matching(tag)).not.toThrow();
  },
);

test.each([shownTag(8, { occupants: 1 }), versionTag(77), '"v7.', 'W/"v7"', `W/${shownTag(7, {})}`])(
  "If-Match: %s does not",
  (tag) => {
    expect(matching(tag)).toThrow("Somebody changed it meanwhile");
  },
);
