/** Who was away sees in Converse.js what was said meanwhile: once, and in the order in which it was said. */
import { randomBytes } from "node:crypto";
import { afterEach, expect, it } from "@jest/globals";
import type { Page, WebSocketRoute } from "playwright-core";
import { browserOfFile, type Visitor } from "../support/browser.ts";
import { eventually, realStack } from "../support/real.ts";
import { atSignIn, forgetRooms, joinRoom, messageOf, say, signInWith } from "./chat-user.ts";
import { chatterOfFile } from "./chatter.ts";

const STEP = 240_000;
/** Of the archive, as Converse.js asks for it. */
const PAGE = 50;
/** Three pages. */
const MISSED = 120;
const SOON = 60_000;
/** As a browser closes a connection that is gone (RFC 6455 7.1.5). */
const LOST = { code: 1_006, reason: "" };
const { demo } = realStack();
const url = `${demo.http}/chat?tenant=${demo.tenants[0]?.id}`;
const browser = browserOfFile();
const chatter = chatterOfFile();
const [person] = demo.tenants[0]?.people ?? [];
const [localpart = ""] = person?.jid.split("@") ?? [];
let people: Visitor[] = [];

afterEach(async () => {
  for (const { context } of people) await context.close();
  people = [];
  await forgetRooms(demo, [0]);
}, STEP);

const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

/** What the server gives out again, to a connection that goes on, it stamps with whole seconds; Converse.js sorts by them. */
async function nextSecond(): Promise<void> {
  const now = () => Math.floor(Date.now() / 1_000);
  const before = now();
  await eventually(async () => now() > before || undefined, "the next second");
}

async function signIn(page: Page): Promise<void> {
  await signInWith(page, localpart, person?.password ?? "");
  await page.locator("converse-rooms-list").waitFor();
}

/** Enters a new room, in which another is who says things, and gives its name. */
async function inNewRoom(page: Page): Promise<string> {
  const name = `away${randomBytes(3).toString("hex")}`;
  await joinRoom(page, name);
  await chatter().enter(name, "Svenja");
  return name;
}

const textOf = (number: number) => `Nachricht ${number}.`;

async function saying(room: string, first: number, last: number): Promise<void> {
  for (const number of numbers(first, last)) await chatter().say(room, textOf(number));
}

const shows = (page: Page, number: number) => messageOf(page, textOf(number)).first().waitFor();

/** The numbers of the messages that the page holds: some hundred at a time, around what is seen. */
async function held(page: Page): Promise<number[]> {
  const texts = await page.locator("converse-muc converse-chat-message .chat-msg__text").allTextContents();
  return texts.flatMap((text) => text.match(/Nachricht (\d+)\./)?.[1] ?? []).map(Number);
}

/** Waits for the last message, and scrolls back to the first: what is on the way is there once and in order. */
async function walkBack(page: Page, last: number): Promise<void> {
  const end = await eventually(
    async () => {
      const here = await held(page);
      return here.at(-1) === last ? here : undefined;
    },
    `message ${last}`,
    SOON,
  );
  expect(end).toEqual(numbers(end[0] ?? -1, last));
  await page.locator("converse-muc converse-chat-message").last().hover();
  const beginning = await eventually(
    async () => {
      await page.mouse.wheel(0, -10_000);
      const here = await held(page);
      return here[0] === 0 && here.length > PAGE ? here : undefined;
    },
    "the beginning",
    SOON,
  );
  expect(beginning).toEqual(numbers(0, beginning.at(-1) ?? -1));
  expect(beginning.at(-1)).toBeGreaterThanOrEqual(end[0] ?? last);
}

it(
  "after the browser was closed for as long as three pages of the archive took",
  async () => {
    const before = await atSignIn(browser(), url);
    people.push(before);
    await signIn(before.page);
    const name = await inNewRoom(before.page);
    await saying(name, 0, 2);
    await shows(before.page, 2);
    await before.context.close();
    people = [];
    await saying(name, 3, MISSED);

    const there = await atSignIn(browser(), url);
    people.push(there);
    const { page, watch } = there;
    let pages = 0;
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        if (String(payload).includes(`${name}@`) && String(payload).includes("<before")) pages += 1;
      }),
    );
    await signIn(page);
    await page.locator("converse-rooms-list a.open-room", { hasText: name }).click();
    await page.locator("converse-muc textarea.chat-textarea").waitFor();
    await shows(page, MISSED);
    await saying(name, MISSED + 1, MISSED + 1);
    await walkBack(page, MISSED + 1);
    expect(pages).toBeGreaterThanOrEqual(3);
    expect(watch).toEqual({ errors: [], foreign: [] });
  },
  STEP,
);

it(
  "after the network was lost: what was on its way, and what was said before it was back",
  async () => {
    const there = await atSignIn(browser(), url);
    people.push(there);
    const { page, context } = there;
    let up = true;
    const sockets = new Set<WebSocketRoute>();
    await page.routeWebSocket(/xmpp-websocket/, (socket) => {
      if (!up) return void socket.close(LOST);
      sockets.add(socket);
      const server = socket.connectToServer();
      socket.onMessage((data) => up && server.send(data));
      server.onMessage((data) => up && socket.send(data));
    });
    await page.reload();
    await page.locator("#converse-login-jid").waitFor();
    await signIn(page);
    const name = await inNewRoom(page);
    await saying(name, 0, 2);
    await shows(page, 2);

    await nextSecond();
    await context.setOffline(true);
    up = false;
    // The server does not know yet.
    await saying(name, 3, 60);
    for (const socket of sockets) await socket.close(LOST);
    sockets.clear();
    await saying(name, 61, MISSED);
    up = true;
    await context.setOffline(false);
    await shows(page, MISSED);
    await say(page, "Bin wieder da");
    await messageOf(page, "Bin wieder da").waitFor();
    await saying(name, MISSED + 1, MISSED + 1);
    await walkBack(page, MISSED + 1);
  },
  STEP,
);
