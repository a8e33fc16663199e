import { describe, expect, it } from "@jest/globals";
import type { Page } from "playwright-core";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture } from "../support/browser.ts";
import { realStack } from "../support/real.ts";
import { unzip } from "../support/unzip.ts";
import { chatterOfFile } from "./chatter.ts";
import { ask, enter, languages, menu, STEP, signedIn, tabTo, texts, type, unique } from "./console-user.ts";

/** A room is taken along from the console, by keyboard alone. */

const { demo } = realStack();
const browser = browserOfFile();
const chatter = chatterOfFile();

/** A field that may stay empty. */
const day = (page: Page, label: string) => page.getByLabel(`${label} (`);

/** Downloads what is behind a link that has the focus, and unpacks it. */
async function downloaded(page: Page) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  expect(download.suggestedFilename()).toMatch(/^zz-rat-[\w-]+\.zip$/);
  return unzip(await download.path());
}

describe.each(languages)("in %s", (language) => {
  const { rooms, room: roomTexts, roomExport, archive, ui } = texts[language];

  it(
    "an export is asked for with a reason, watched, downloaded and deleted",
    async () => {
      const name = unique("rat");
      const made = await signedIn(browser(), "tenant-administrator", language);
      await ask(made.page, "POST", "/rooms", { name, config: { title: `Rat ${name}`, language } });
      await made.context.close();
      const word = unique("wort");
      await chatter().enter(name, "Svenja");
      await chatter().say(name, "Guten Morgen");
      await chatter().say(name, `Die Vorlage ${word} liegt aus`);

      const { page, watch, context } = await signedIn(browser(), "dpo", language);
      await enter(page, menu(page, rooms.title));
      await type(page, page.getByLabel(ui.search, { exact: true }), name);
      await enter(page, page.getByRole("link", { name: `Rat ${name}` }));
      await enter(page, page.getByRole("link", { name: roomTexts.searchArchive }));
      await page.getByText(archive.warning).waitFor();
      await enter(page, page.getByRole("link", { name: roomExport.link }));
      await page.getByRole("heading", { name: roomExport.of.replace("{{name}}", `Rat ${name}`), level: 1 }).waitFor();
      await page.getByText(roomExport.none).waitFor();
      await axeFindsNothing(page);

      await enter(page, page.getByRole("button", { name: roomExport.start }));
      await page.getByText(ui.required).waitFor();
      await day(page, roomExport.from).fill("2026-07-20");
      await day(page, roomExport.to).fill("2026-07-19");
      await type(page, page.getByLabel(ui.reason), "Aktenzeichen 47");
      await enter(page, page.getByRole("button", { name: roomExport.start }));
      await page.getByText(roomExport.backwards).waitFor();
      for (const label of [roomExport.from, roomExport.to]) await day(page, label).fill("");
      await enter(page, page.getByRole("button", { name: roomExport.start }));

      const job = page.getByRole("listitem", { name: roomExport.formats.html });
      await job.getByText(roomExport.states.done, { exact: true }).waitFor();
      await job.getByText("Aktenzeichen 47").waitFor();
      await axeFindsNothing(page);
      if (language === "de") {
        await page.evaluate("scrollTo(0, 1000)");
        await picture(page, "console-room-export");
      }
      await tabTo(page, job.getByRole("link", { name: roomExport.download }));
      const { entries, manifest } = await downloaded(page);
      expect(manifest.reason).toBe("Aktenzeichen 47");
      for (const { path, sha256 } of manifest.entries) expect(entries[path]?.sha256).toBe(sha256);
      const pages = Object.entries(entries).filter(([path]) => path.startsWith("messages/"));
      expect(pages.map(([, { text }]) => text).join("")).toContain(`Die Vorlage ${word} liegt aus`);
      // A page to read is read without this service, and by everybody.
      const reader = await context.newPage();
      for (const [, { text }] of [["", entries["index.html"] ?? { text: null }] as const, ...pages]) {
        await reader.setContent((text ?? "").replace(/<meta http-equiv[^>]+>/, ""));
        expect(await reader.getByRole("heading", { level: 1 }).count()).toBe(1);
        await axeFindsNothing(reader);
        if (language === "de" && text?.includes(word)) await picture(reader, "room-export-page");
      }
      await reader.close();

      await enter(page, job.getByRole("button", { name: roomExport.remove }));
      const dialog = page.getByRole("dialog");
      await type(page, dialog.getByLabel(ui.reason), "nicht mehr nötig");
      await axeFindsNothing(page);
      await enter(page, dialog.getByRole("button", { name: roomExport.remove, exact: true }));
      await job.getByText(roomExport.states.deleted, { exact: true }).waitFor();
      expect(await job.getByRole("link").count()).toBe(0);
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    2 * STEP,
  );
});

it(
  "a moderator is shown no way to it",
  async () => {
    const { app } = texts.de;
    const { page, context } = await signedIn(browser(), "moderator");
    await page.goto(`${demo.http}/console/rooms/plenum/exports`);
    await page.getByRole("heading", { name: app.nothing }).waitFor();
    await context.close();
  },
  STEP,
);
