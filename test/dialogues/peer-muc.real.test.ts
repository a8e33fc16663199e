/** The same dialogues before Prosody's own rooms: what differs is listed and explained, and nothing else differs. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { realStack } from "../support/real.ts";
import { nameOf, readDifferences } from "./differences.ts";
import { openPeerMuc, type PeerMuc } from "./peer-muc.ts";
import { play, readScript, scripts } from "./player.ts";

const listed = readDifferences(new URL("../../docs/xep-0045-differences.md", import.meta.url));
let peer: PeerMuc;

beforeAll(async () => {
  peer = await openPeerMuc(realStack().demo.tenants[0]?.domain ?? "");
}, 30_000);
afterAll(() => peer?.close());

test("the list names no dialogue that is not there", () => {
  expect([...listed.keys()].filter((file) => !scripts.includes(file))).toEqual([]);
});

describe.each(scripts.filter((file) => readScript(file).onlyHere === undefined))("%s", (file) => {
  test("differs where the list says so, and only there", async () => {
    const script = readScript(file);
    const found: string[] = [];
    const onDifference: Parameters<typeof play>[2]["onDifference"] = (step) => void found.push(nameOf(step));
    await play(script, file, { demo: realStack().demo, rooms: peer.domain, ordered: true, onDifference });
    expect(found).toEqual(listed.get(file) ?? []);
  }, 60_000);
});
