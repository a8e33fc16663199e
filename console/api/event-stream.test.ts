import { expect, it } from "@jest/globals";
import { eventsIn } from "./event-stream.ts";

it("takes whole events out of what came, and keeps the rest for later", () => {
  const first = eventsIn(':\n\nid: 7\ndata: {"a":1}\n\nid: 8\nda');
  expect(first).toEqual({ events: [{ id: "7", kind: "message", data: { a: 1 } }], rest: "id: 8\nda" });
  expect(eventsIn(`${first.rest}ta: {"a":2}\n\n`)).toEqual({
    events: [{ id: "8", kind: "message", data: { a: 2 } }],
    rest: "",
  });
});

it("tells what kind an event is, also where none may be gone on from", () => {
  expect(eventsIn('event: state\ndata: {"since":null}\n\n').events).toEqual([
    { id: "", kind: "state", data: { since: null } },
  ]);
});
