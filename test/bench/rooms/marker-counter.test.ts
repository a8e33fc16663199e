import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createMarkerCounter } from "./marker-counter.ts";

describe("counting a marker", () => {
  test("gives the same however the bytes are cut into packets", () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("mark!", "ma", "mark", "rk!", "!", "ü", "x")),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        (parts, sizes) => {
          const text = parts.join("");
          const bytes = Buffer.from(text);
          const counter = createMarkerCounter("mark!");
          let counted = 0;
          for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            counted += counter.count(bytes.subarray(at, at + size));
            at += size;
          }
          expect(counted).toBe(text.split("mark!").length - 1);
        },
      ),
    ));

  test("says in which packet an occurrence ended", () => {
    const counter = createMarkerCounter("mark!");
    const packets = ["mark!mar", "k", "!", "mark", "?mark!"];
    expect(packets.map((packet) => counter.count(Buffer.from(packet)))).toEqual([1, 0, 1, 0, 1]);
  });
});
