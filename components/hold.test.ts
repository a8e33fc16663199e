import { expect, test } from "@jest/globals";
import { acceptance, isTaken, readOffer, release } from "./hold.ts";
import { x } from "./stanza.ts";

const offer = (upto: string) => readOffer(x("hold", { xmlns: "urn:kontor:hold:0", upto }));
const message = (mark?: string) => x("message", { id: "m", ...(mark === undefined ? {} : { "kontor-held": mark }) });

test("only the server's own element is an offer", () => {
  expect([readOffer(x("message", {})), readOffer(x("hold", { xmlns: "urn:x" }))]).toEqual([undefined, undefined]);
  expect(acceptance().toString()).toBe('<hold xmlns="urn:kontor:hold:0"/>');
  expect(release(["e:1", "e:2"]).toString()).toBe('<release xmlns="urn:kontor:hold:0">e:1\ne:2</release>');
});

test("the mark is taken off; what was given out before the offer may have been carried out already", () => {
  const holding = offer("e:9");
  const stanza = message("e:9");
  expect(holding?.markOf(stanza)).toMatchObject({ mark: "e:9", again: true });
  expect(stanza.attrs).toEqual({ id: "m" });
  expect(holding?.markOf(message("e:10"))).toMatchObject({ mark: "e:10", again: false });
  expect(holding?.markOf(message())).toBeUndefined();
});

test("who takes a stanza releases it", () => {
  const held = offer("e:0")?.markOf(message("e:1"));
  if (!held) throw new Error("not held");
  expect(isTaken(held)).toBe(false);
  expect([held.take(), isTaken(held)]).toEqual(["e:1", true]);
});

test("of what is released only what may come again is remembered", () => {
  const holding = offer("e:9");
  holding?.releasing("e:8");
  holding?.releasing("e:10");
  expect(["e:8", "e:9", "e:10"].map((mark) => holding?.isReleased(mark))).toEqual([true, false, false]);
});
