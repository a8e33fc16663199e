import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { Page } from "playwright-core";
import type { XmppClient } from "../../cli/client/xmpp-client.ts";
import { x } from "../../components/stanza.ts";
import { newId } from "../../platform/ids.ts";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture } from "../support/browser.ts";
import { eventually, realStack, signInAs } from "../support/real.ts";
import { enter, languages, menu, personWith, STEP, signedIn, texts, type, unique } from "./console-user.ts";

/** A person reads the own messages with somebody, finds one, and takes them along: by keyboard alone. */

const SENDER = 4;
const { demo } = realStack();
const sender = demo.tenants[0]?.people[SENDER]?.jid ?? "";
const reader = personWith("moderator").jid;
const browser = browserOfFile();
let client: XmppClient;
beforeAll(async () => {
  client = await signInAs(demo, 0, SENDER);
}, STEP);
afterAll(() => client.stop());

async function write(bodies: readonly string[]): Promise<void> {
  for (const body of bodies) {
    await client.send(x("message", { to: reader, type: "chat", id: newId() }, x("body", {}, body)));
  }
}

async function saved(page: Page, name: RegExp): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  expect(download.suggestedFilename()).toMatch(name);
  return readFile(await download.path(), "utf8");
}

it.each(languages)(
  "conversations, pages both ways, a search and an export, in %s",
  async (language) => {
    const { ownMessages, ui } = texts[language];
    const word = unique("wort");
    const bodies = Array.from({ length: 35 }, (_, index) => `Zeile ${index + 1} ${word}`);
    await write([...bodies, `Die Sitzungen ${word} sind <morgen>`]);
    const { page, watch, context } = await signedIn(browser(), "moderator", language);
    await eventually(
      async () => {
        const address = `${demo.http}/api/v1/own/messages?text=Sitzung+${word}`;
        const answer: { items: object[] } = await (await page.request.get(address)).json();
        return answer.items.length > 0 || undefined;
      },
      "the server has archived",
      30_000,
    );
    await enter(page, menu(page, ownMessages.title));
    await page.getByText(ownMessages.choose).waitFor();
    const conversations = page.getByRole("navigation", { name: ownMessages.conversations });
    await enter(page, conversations.getByRole("link", { name: sender }));
    const talk = page.getByRole("region", { name: ownMessages.conversation.replace("{{who}}", sender) });
    await talk.getByText(`Die Sitzungen ${word} sind <morgen>`).waitFor();
    expect(await talk.getByRole("listitem").count()).toBe(30);
    expect(await talk.getByText(`Zeile 6 ${word}`, { exact: true }).count()).toBe(0);
    await axeFindsNothing(page);
    if (language === "de") await picture(page, "console-own-messages");

    await enter(page, talk.getByRole("button", { name: ownMessages.older }));
    await talk.getByText(`Zeile 6 ${word}`, { exact: true }).waitFor();
    expect(await talk.getByText(`Zeile 7 ${word}`, { exact: true }).count()).toBe(0);
    await enter(page, talk.getByRole("button", { name: ownMessages.newer }));
    await talk.getByText(`Zeile 35 ${word}`, { exact: true }).waitFor();
    await enter(page, talk.getByRole("button", { name: ownMessages.newer }));
    await page.getByText(ownMessages.nothingNewer).waitFor();

    await type(page, page.getByLabel(ownMessages.words), `sitzung ${word}`);
    await page.getByLabel(`${ownMessages.from} (`).fill("2020-02-02");
    await page.getByLabel(`${ownMessages.to} (`).fill("2020-02-01");
    await enter(page, page.getByRole("button", { name: ownMessages.search, exact: true }));
    await page.getByText(ownMessages.backwards).waitFor();
    for (const label of [ownMessages.from, ownMessages.to]) await page.getByLabel(`${label} (`).fill("");
    await enter(page, page.getByRole("button", { name: ownMessages.search, exact: true }));
    const found = page.getByRole("region", { name: ownMessages.results.replace("{{words}}", `sitzung ${word}`) });
    await found.getByRole("listitem").waitFor();
    expect(await found.locator("mark").allTextContents()).toContain("Sitzungen");
    await axeFindsNothing(page);
    if (language === "de") await picture(page, "console-own-search");
    // The address says what is shown: back leads to the conversation, and forward to what was found.
    await page.goBack();
    await talk.waitFor();
    await page.goForward();
    await enter(page, found.getByRole("link", { name: ownMessages.open }));
    await talk.waitFor();
    await type(page, page.getByLabel(ownMessages.words), unique("nichts"));
    await page.keyboard.press("Enter");
    await page.getByText(ownMessages.none).waitFor();
    await enter(page, page.getByRole("button", { name: ownMessages.again }));
    // Once the conversation is there, its heading has the focus.
    await talk.getByRole("heading").and(page.locator(":focus")).waitFor();

    await page.getByRole("link", { name: ownMessages.takeJson }).focus();
    const json: { messages: { body: string }[]; count: number } = JSON.parse(await saved(page, /^messages\.json$/));
    expect(json.messages.map(({ body }) => body)).toEqual(expect.arrayContaining(bodies));
    expect(json.count).toBe(json.messages.length);
    await page.getByRole("link", { name: ownMessages.takeHtml }).focus();
    const html = await saved(page, /^messages\.html$/);
    expect(html).toContain(`<html lang="${language}">`);
    expect(html).toContain(`Die Sitzungen ${word} sind &lt;morgen&gt;`);
    expect(await page.getByText(ui.loading).count()).toBe(0);
    expect(watch).toEqual({ errors: [], foreign: [] });
    await context.close();
  },
  2 * STEP,
);
