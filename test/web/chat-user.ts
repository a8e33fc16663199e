import type { Browser, Locator, Page } from "playwright-core";
import { x } from "../../components/stanza.ts";
import { type Visitor, visitor } from "../support/browser.ts";
import { type Demo, signInAs } from "../support/real.ts";

/** Errors in the console of Converse.js that say nothing is broken. */
const harmless = [
  // Typing the name of a room asks for a search of rooms (a muclumbus service); our rooms say that they have none.
  /muclumbus\/search\/1\.0 is not offered/,
];

/** A browser at the chat page, before signing in. */
export async function atSignIn(browser: Browser, url: string): Promise<Visitor> {
  const there = await visitor(browser, harmless);
  there.page.setDefaultTimeout(20_000);
  await there.page.goto(url);
  await there.page.locator("#converse-login-jid").waitFor();
  return there;
}

/** Fills in the form as a person does who knows their local part and a password, and sends it with the Enter key. */
export async function signInWith(page: Page, localpart: string, password: string): Promise<void> {
  await page.locator("#converse-login-jid").fill(localpart);
  await page.locator("#converse-login-password").fill(password);
  await page.keyboard.press("Enter");
}

/** A person of the demo, signed in with a browser of their own. */
export async function signedIn(browser: Browser, url: string, demo: Demo, tenant: number, person: number) {
  const who = demo.tenants[tenant]?.people[person];
  if (!who) throw new Error(`the demo has no person ${person} in tenant ${tenant}`);
  const [localpart = ""] = who.jid.split("@");
  const there = await atSignIn(browser, url);
  await signInWith(there.page, localpart, who.password);
  await there.page.locator("converse-rooms-list").waitFor();
  return { ...there, localpart };
}

/** Enters a room by its name, as the menu beside "Gruppenchats" offers it. */
export async function joinRoom(page: Page, name: string): Promise<void> {
  await page.locator("#chatrooms converse-dropdown button").first().click();
  await page.locator(".show-add-muc-modal").click();
  await page.locator("converse-add-muc-modal input[name=chatroom]").fill(name);
  await page.locator("converse-add-muc-modal input[name=join]").click();
  await page.locator("converse-muc textarea.chat-textarea").waitFor();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.locator("converse-muc textarea.chat-textarea").fill(text);
  await page.keyboard.press("Enter");
}

/** The message with this text, as the page shows it. */
export const messageOf = (page: Page, text: string): Locator =>
  page.locator("converse-muc converse-chat-message", { hasText: text });

/** Chooses from the menu beside a message, which the page shows when the pointer is there. */
export async function act(message: Locator, action: "edit" | "retract" | "reaction"): Promise<void> {
  await message.hover();
  await message.locator("converse-message-actions converse-dropdown button.dropdown-toggle").click();
  await message.locator(`.chat-msg__action-${action}`).click();
}

/** Chooses from the menu of the room that is open. */
export async function actOnRoom(page: Page, action: "configure-chatroom" | "moderate-chatroom"): Promise<void> {
  const entry = page.locator(`converse-muc-heading .${action}-button`);
  const chosen = () =>
    entry.click({ timeout: 2_000 }).then(
      () => true,
      () => false,
    );
  // The menu is drawn anew, and shut, with all that becomes known of a room just entered: people open it again.
  for (let tries = 0; tries < 8; tries += 1) {
    await page.locator("converse-muc-heading converse-dropdown button.dropdown-toggle").click();
    if (await chosen()) return;
  }
  throw new Error(`the room's menu has no ${action}`);
}

/** Says yes to the question that the page asks, with a word about it where one is asked for. */
export async function confirm(page: Page, reason?: string): Promise<void> {
  const question = page.locator("converse-confirm-modal");
  if (reason !== undefined) await question.locator("input[type=text]").fill(reason);
  await question.locator("button[type=submit]").click();
  await question.waitFor({ state: "hidden" });
}

/** Forgets the rooms that Converse.js has noted for these people of the first tenant (XEP-0402), to enter them again. */
export async function forgetRooms(demo: Demo, people: readonly number[]): Promise<void> {
  for (const person of people) {
    const client = await signInAs(demo, 0, person);
    const bookmarks = x("delete", { node: "urn:xmpp:bookmarks:1" });
    await client.iq(
      x("iq", { type: "set" }, x("pubsub", { xmlns: "http://jabber.org/protocol/pubsub#owner" }, bookmarks)),
    );
    await client.stop();
  }
}
