import { describe, expect, it } from "@jest/globals";
import { z } from "zod";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture } from "../support/browser.ts";
import { addPerson, ask, enter, languages, menu, STEP, signedIn, tabTo, texts, type, unique } from "./console-user.ts";

const browser = browserOfFile();

describe.each(languages)("groups, in %s", (language) => {
  const { groups, ui } = texts[language];

  it(
    "are added, filled, renamed, emptied and deleted by keyboard alone",
    async () => {
      const { page, watch, context } = await signedIn(browser(), "tenant-administrator", language);
      const person = await addPerson(page, unique("mitglied"), `Zz Mitglied ${unique("m")}`);
      const name = `Bauamt ${unique("g")}`;
      const dialog = page.getByRole("dialog");
      const of = (action: string, which = name) => page.getByRole("button", { name: `${action}: ${which}` });
      await enter(page, menu(page, groups.title));
      await enter(page, page.getByRole("button", { name: groups.create }));
      await axeFindsNothing(page);
      await type(page, dialog.getByLabel(groups.name), name);
      await tabTo(page, dialog.getByLabel(groups.rosterLong));
      await page.keyboard.press("Space");
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      await type(page, page.getByLabel(ui.search, { exact: true }), name);
      await page.getByRole("row", { name: new RegExp(`${name}.*${groups.yes}`) }).waitFor();

      await enter(page, of(groups.actions.members));
      await dialog.getByText(groups.nobody).waitFor();
      await type(page, dialog.getByLabel(groups.addMember), person.localpart);
      await enter(page, dialog.getByRole("button", { name: `${groups.add}: ${person.name}` }));
      await dialog.getByText(groups.added.replace("{{name}}", person.name)).waitFor();
      await dialog.getByRole("row", { name: person.localpart }).waitFor();
      await axeFindsNothing(page);
      if (language === "de") await picture(page, "console-group-members");
      await enter(page, dialog.getByRole("button", { name: `${groups.remove}: ${person.name}` }));
      await dialog.getByText(groups.removed.replace("{{name}}", person.name)).waitFor();
      await dialog.getByText(groups.nobody).waitFor();
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });

      await enter(page, of(groups.actions.change));
      await type(page, dialog.getByLabel(groups.name), `${name} neu`);
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      await enter(page, of(groups.actions.delete, `${name} neu`));
      await type(page, dialog.getByLabel(ui.reason), "aufgelöst");
      await axeFindsNothing(page);
      await enter(page, dialog.getByRole("button", { name: groups.actions.delete }));
      await dialog.waitFor({ state: "detached" });
      await page.getByText(ui.noneFound).waitFor();
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );
});

it(
  "a group of many is shown page by page; who may only read sees no way to change it",
  async () => {
    const { groups, ui } = texts.de;
    const made = await signedIn(browser(), "tenant-administrator");
    const name = `Schule ${unique("viele")}`;
    await ask(made.page, "POST", "/groups", { name });
    const key = unique("v");
    const lines = Array.from(
      { length: 30 },
      (_, at) => `${key}-${String(at).padStart(2, "0")},Zz Viele ${at},,${name}`,
    );
    const csv = ["localpart,name,email,groups", ...lines].join("\n");
    const { imported } = z
      .object({ imported: z.number() })
      .parse(await ask(made.page, "POST", "/people/import", { csv }));
    expect(imported).toBe(30);
    await made.context.close();

    const { page, watch, context } = await signedIn(browser(), "dpo");
    await enter(page, menu(page, groups.title));
    await page.getByLabel(ui.search, { exact: true }).waitFor();
    await picture(page, "console-groups");
    expect(await page.getByRole("button", { name: groups.create }).count()).toBe(0);
    await type(page, page.getByLabel(ui.search, { exact: true }), name);
    await enter(page, page.getByRole("button", { name: `${groups.actions.members}: ${name}` }));
    const dialog = page.getByRole("dialog");
    await dialog.getByText("25 Zeilen").waitFor();
    await enter(page, dialog.getByRole("button", { name: ui.next }));
    await dialog.getByText("5 Zeilen").waitFor();
    expect(await dialog.getByRole("button", { name: groups.remove }).count()).toBe(0);
    expect(await dialog.getByLabel(groups.addMember).count()).toBe(0);
    expect(watch).toEqual({ errors: [], foreign: [] });
    await context.close();
  },
  STEP,
);
