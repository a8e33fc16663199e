/** What people do with messages that were said, by the buttons of Converse.js. */
import { randomBytes } from "node:crypto";
import { afterEach, expect, it } from "@jest/globals";
import { attr, type Element, x } from "../../components/stanza.ts";
import { mucJoin } from "../../components/xep/xep-0045-muc.ts";
import { retract } from "../../components/xep/xep-0424-retraction.ts";
import { browserOfFile, picture, type Visitor } from "../support/browser.ts";
import { realStack, signInAs } from "../support/real.ts";
import { act, atSignIn, confirm, forgetRooms, joinRoom, messageOf, say, signedIn, signInWith } from "./chat-user.ts";

const STEP = 120_000;
const { demo } = realStack();
const url = `${demo.http}/chat?tenant=${demo.tenants[0]?.id}`;
const browser = browserOfFile();
const unique = () => randomBytes(3).toString("hex");
let people: Visitor[] = [];

afterEach(async () => {
  for (const { context } of people) await context.close();
  people = [];
  await forgetRooms(demo, [0, 3, 4]);
}, STEP);

/** Two people in a new room, of which the first has made it and moderates it. */
async function together() {
  const name = `gespraech-${unique()}`;
  const first = await signedIn(browser(), url, demo, 0, 0);
  people.push(first);
  await joinRoom(first.page, name);
  const second = await signedIn(browser(), url, demo, 0, 4);
  people.push(second);
  await joinRoom(second.page, name);
  return { name, first, second };
}

it(
  "a slip is corrected: both see the right text in its place, and what it was",
  async () => {
    const { first, second } = await together();
    const word = unique();
    await say(second.page, `Der Termin ${word} ist am Dienstak.`);
    await messageOf(first.page, word).waitFor();
    await act(messageOf(second.page, word), "edit");
    const box = second.page.locator("converse-muc textarea.chat-textarea");
    await second.page.locator("converse-muc .correcting textarea, converse-muc textarea.correcting").first().waitFor();
    expect(await box.inputValue()).toBe(`Der Termin ${word} ist am Dienstak.`);
    await say(second.page, `Der Termin ${word} ist am Dienstag.`);
    for (const { page } of [first, second]) {
      await messageOf(page, `Der Termin ${word} ist am Dienstag.`).locator(".chat-msg__edit-modal").waitFor();
      expect(await messageOf(page, word).count()).toBe(1);
      expect(await messageOf(page, "Dienstak").count()).toBe(0);
    }
    await picture(first.page, "chat-corrected");
    for (const { watch } of people) expect(watch).toEqual({ errors: [], foreign: [] });
  },
  STEP,
);

it(
  "one takes back what one said, and a moderator what another said, with the reason: it is gone for both, and for who comes later",
  async () => {
    const { name, first, second } = await together();
    const [own, unwanted, fine] = [unique(), unique(), unique()];
    for (const word of [own, unwanted, fine]) {
      await say(second.page, `Nachricht ${word}`);
      await messageOf(first.page, word).waitFor();
    }
    await act(messageOf(second.page, own), "retract");
    await confirm(second.page);
    for (const { page } of [first, second]) await messageOf(page, own).waitFor({ state: "detached" });

    // Who may not moderate is not offered it.
    const others = unique();
    await say(first.page, `Hinweis ${others}`);
    const answer = messageOf(second.page, others);
    await answer.waitFor();
    await answer.hover();
    await answer.locator("converse-message-actions button.dropdown-toggle").click();
    await answer.locator(".chat-msg__action-copy").waitFor();
    expect(await answer.locator(".chat-msg__action-retract").count()).toBe(0);
    await second.page.keyboard.press("Escape");

    const reason = `Keine Werbung ${unique()}`;
    await act(messageOf(first.page, unwanted), "retract");
    await confirm(first.page, reason);
    for (const { page } of [first, second]) {
      await messageOf(page, unwanted).waitFor({ state: "detached" });
      await page.locator(".chat-msg--retracted__reason", { hasText: reason }).waitFor();
      expect(await page.locator("converse-muc .chat-msg--retracted").count()).toBe(2);
    }
    await picture(first.page, "chat-retracted");

    const later = await signedIn(browser(), url, demo, 0, 3);
    people.push(later);
    await joinRoom(later.page, name);
    await messageOf(later.page, fine).waitFor();
    expect(await later.page.locator("converse-muc .chat-msg--retracted").count()).toBe(2);
    expect(await messageOf(later.page, own).count()).toBe(0);
    expect(await messageOf(later.page, unwanted).count()).toBe(0);
    for (const { watch } of people) expect(watch).toEqual({ errors: [], foreign: [] });
  },
  STEP,
);

it(
  "a reaction is seen by both, and goes when it is taken away",
  async () => {
    const { first, second } = await together();
    const word = unique();
    await say(second.page, `Sommerfest ${word}?`);
    await messageOf(first.page, word).waitFor();
    await act(messageOf(first.page, word), "reaction");
    await messageOf(first.page, word).locator(".reaction-item").first().click();
    for (const { page } of [first, second]) {
      const reaction = messageOf(page, word).locator(".chat-msg__reaction");
      await reaction.waitFor();
      expect(await reaction.locator(".count").textContent()).toBe("1");
    }
    await picture(second.page, "chat-reaction");
    await messageOf(second.page, word).locator(".chat-msg__reaction").click();
    await messageOf(first.page, word).locator(".chat-msg__reaction .count", { hasText: "2" }).waitFor();
    for (const { page } of [first, second]) await messageOf(page, word).locator(".chat-msg__reaction").click();
    for (const { page } of [first, second]) {
      await messageOf(page, word).locator(".chat-msg__reaction").waitFor({ state: "detached" });
    }
    for (const { watch } of people) expect(watch).toEqual({ errors: [], foreign: [] });
  },
  STEP,
);

/** Somebody in the room with another client. */
async function elsewhere(name: string) {
  const room = `${name}@${demo.tenants[0]?.rooms}`;
  const client = await signInAs(demo, 0, 3);
  await client.send(x("presence", { to: `${room}/Malte` }, mucJoin.write({ history: { maxstanzas: 0 } })));
  await client.next((stanza) => stanza.getChild("subject") !== undefined, "the end of the join");
  /** Sends, waits until it came back, and gives its id of the archive. */
  const post = async (id: string, ...children: Element[]): Promise<string> => {
    await client.send(x("message", { to: room, type: "groupchat", id }, ...children));
    const back = await client.next((stanza) => attr(stanza, "id") === id, id);
    expect(attr(back, "type")).toBe("groupchat");
    return back.getChild("stanza-id")?.attrs.id;
  };
  return { post, stop: () => client.stop() };
}

it(
  "what another client takes back goes here too",
  async () => {
    const { name, first, second } = await together();
    const malte = await elsewhere(name);
    const word = unique();
    const id = await malte.post("m1", x("body", {}, `Versehen ${word}`));
    for (const { page } of [first, second]) await messageOf(page, word).waitFor();
    await malte.post("m2", retract.write({ id }));
    await malte.stop();
    for (const { page } of [first, second]) {
      await messageOf(page, word).waitFor({ state: "detached" });
      expect(await page.locator("converse-muc .chat-msg--retracted").count()).toBe(1);
    }
  },
  STEP,
);

/** What the page shows of these texts, from above. */
async function shown(visitor: Visitor, word: string): Promise<string[]> {
  const texts = await visitor.page.locator("converse-muc .chat-msg__text", { hasText: word }).allTextContents();
  return texts.map((text) => text.trim());
}

it(
  "what was said while the tab was closed is there when it is open again: once, and in order",
  async () => {
    const { name, first } = await together();
    const word = unique();
    await say(first.page, `${word} davor`);
    await messageOf(first.page, `${word} davor`).waitFor();
    await first.page.close();
    const missed = Array.from({ length: 40 }, (_, index) => `${word} Punkt ${String(index).padStart(2, "0")}`);
    const malte = await elsewhere(name);
    for (const [index, text] of missed.entries()) await malte.post(`away-${index}`, x("body", {}, text));
    await malte.stop();
    const person = demo.tenants[0]?.people[0];
    const again = await atSignIn(browser(), url);
    people.push(again);
    await signInWith(again.page, first.localpart, person?.password ?? "");
    await again.page.locator("converse-rooms-list").waitFor();
    await joinRoom(again.page, name);
    await messageOf(again.page, missed.at(-1) ?? "").waitFor();
    await messageOf(again.page, `${word} davor`).waitFor();
    expect(await shown(again, word)).toEqual([`${word} davor`, ...missed]);
    await picture(again.page, "chat-caught-up");
    expect(again.watch).toEqual({ errors: [], foreign: [] });
  },
  STEP,
);
