import { randomBytes } from "node:crypto";
import { expect, it } from "@jest/globals";
import { browserOfFile, picture } from "../support/browser.ts";
import { eventually, realStack } from "../support/real.ts";
import { atSignIn, joinRoom, say, signedIn, signInWith } from "./chat-user.ts";

const STEP = 90_000;
const { demo } = realStack();
const unique = () => randomBytes(3).toString("hex");
/** The page of tenant 0 by its name in the query, and by its host name (another origin than that of the files). */
const byQuery = `${demo.http}/chat?tenant=${demo.tenants[0]?.id}`;
const byHost = `http://${demo.tenants[0]?.domain}:${new URL(demo.http).port}/chat`;

/** What is used of a picture in the browser. */
interface Picture {
  readonly naturalWidth: number;
}

const browser = browserOfFile();

it(
  "two people meet in a room: what one says, both see; a file reaches the other with equal bytes",
  async () => {
    const first = await signedIn(browser(), byHost, demo, 0, 0);
    const second = await signedIn(browser(), byQuery, demo, 0, 1);
    await joinRoom(first.page, "empfang");
    await joinRoom(second.page, "empfang");

    const matter = unique();
    const greeting = `Moin zusammen! Gleich kommen die Unterlagen zum Vorgang ${matter}.`;
    await say(first.page, greeting);
    const reflected = first.page.locator("converse-chat-message", { hasText: greeting });
    const seen = second.page.locator("converse-chat-message", { hasText: greeting });
    await Promise.all([reflected.waitFor(), seen.waitFor()]);
    expect(await seen.locator(".chat-msg__author").textContent()).toContain(first.localpart);

    const answer = `Danke, Vorgang ${matter} sehe ich mir heute noch an.`;
    await say(second.page, answer);
    await first.page.locator("converse-chat-message", { hasText: answer }).waitFor();

    const bytes = randomBytes(70_000);
    const name = `vorgang-${matter}.pdf`;
    await first.page.locator("converse-muc input.fileupload").setInputFiles({
      name,
      mimeType: "application/pdf",
      buffer: bytes,
    });
    const link = second.page.locator(`converse-chat-message a[href*="/files/"][href*="${name}"]`).first();
    const href = await link.getAttribute("href");
    if (href === null) throw new Error("the link has no address");
    const fetched = await second.page.evaluate(async (url) => {
      const response = await fetch(url);
      return { status: response.status, bytes: [...new Uint8Array(await response.arrayBuffer())] };
    }, href);
    expect(fetched.status).toBe(200);
    expect(Buffer.from(fetched.bytes).equals(bytes)).toBe(true);

    const image = `startseite-${matter}.png`;
    const start = await second.context.newPage();
    await start.goto(demo.http);
    const buffer = await start.screenshot({ clip: { x: 150, y: 90, width: 660, height: 390 } });
    await start.close();
    await second.page
      .locator("converse-muc input.fileupload")
      .setInputFiles({ name: image, mimeType: "image/png", buffer });
    const shown = first.page.locator(`converse-chat-message img[src*="${image}"]`);
    await shown.waitFor();
    await eventually(
      async () => (await shown.evaluate((img: Picture) => img.naturalWidth > 0)) || undefined,
      "the picture of the other person",
    );
    await picture(first.page, "chat-room");

    for (const { watch, context } of [first, second]) {
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    }
  },
  STEP,
);

it(
  "a wrong password is said to be one, the right one then does, and signing out leads back to the form",
  async () => {
    const person = demo.tenants[0]?.people[2];
    if (!person) throw new Error("the demo has no such person");
    const [localpart = ""] = person.jid.split("@");
    const { page, watch, context } = await atSignIn(browser(), byQuery);
    await signInWith(page, localpart, "not-the-password");
    const feedback = page.locator("#converse-login .conn-feedback");
    await feedback.filter({ hasText: /\S/ }).waitFor();
    expect(await feedback.getAttribute("role")).toBe("alert");
    expect(await page.locator("converse-rooms-list").count()).toBe(0);
    await signInWith(page, localpart, person.password);
    await page.locator("converse-rooms-list").waitFor();
    await page.locator("converse-user-profile .show-profile").click();
    await page.locator("converse-profile-modal .btn-danger").click();
    await page.locator("converse-confirm-modal button[type=submit]").click();
    await page.locator("#converse-login-jid").waitFor();
    expect(await page.locator("converse-rooms-list").count()).toBe(0);
    expect(watch.foreign).toEqual([]);
    await context.close();
  },
  STEP,
);

it(
  "a person of another tenant does not get in at this tenant's page",
  async () => {
    const stranger = demo.tenants[1]?.people[0];
    if (!stranger) throw new Error("the demo has no second tenant");
    const { page, context } = await atSignIn(browser(), byQuery);
    await signInWith(page, stranger.jid, stranger.password);
    await page.locator("#converse-login .conn-feedback").filter({ hasText: /\S/ }).waitFor();
    expect(await page.locator("converse-rooms-list").count()).toBe(0);
    await context.close();
  },
  STEP,
);
