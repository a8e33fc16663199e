import { readFile } from "node:fs/promises";
import { describe, expect, it } from "@jest/globals";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture } from "../support/browser.ts";
import { eventually, realStack } from "../support/real.ts";
import {
  addPerson,
  ask,
  enter,
  languages,
  menu,
  STEP,
  signedIn,
  tabTo,
  tenantId,
  texts,
  type,
  unique,
} from "./console-user.ts";

const browser = browserOfFile();
const domain = realStack().demo.tenants.find(({ id }) => id === tenantId)?.domain ?? "";

describe.each(languages)("people, in %s", (language) => {
  const { people, rooms, ui } = texts[language];

  it(
    "a person is changed by keyboard alone; what somebody else changed meanwhile is told, and nothing typed is lost",
    async () => {
      const late = [/status of 412 .*\/people\/[\w-]+\)$/];
      const { page, watch, context } = await signedIn(browser(), "tenant-administrator", language, late);
      const person = await addPerson(page, unique("wandel"), `Zz Wandel ${unique("w")}`);
      const group = `Kreis ${unique("k")}`;
      await ask(page, "POST", "/groups", { name: group });
      const dialog = page.getByRole("dialog");
      await enter(page, menu(page, people.title));
      await type(page, page.getByLabel(ui.search, { exact: true }), person.localpart);
      const change = page.getByRole("button", { name: people.changeOne.replace("{{name}}", person.name) });
      await enter(page, change);
      await type(page, dialog.getByLabel(people.email), "wandel@example.org");
      await ask(page, "PUT", `/people/${person.id}`, { name: "Zz Schneller", email: null });
      await page.keyboard.press("Enter");
      await dialog.getByText(people.meanwhile.late).waitFor();
      await axeFindsNothing(page);
      await enter(page, dialog.getByRole("button", { name: people.meanwhile.reload }));
      await dialog.getByText(`${people.name}: Zz Schneller`).waitFor();
      if (language === "de") await picture(page, "console-person-meanwhile");
      expect(await dialog.getByLabel(people.email).inputValue()).toBe("wandel@example.org");
      await type(page, dialog.getByLabel(people.name, { exact: true }), `${person.name} neu`);
      const find = dialog.getByLabel(people.findGroup);
      if (await find.count()) await type(page, find, group);
      await tabTo(page, dialog.getByLabel(group));
      await page.keyboard.press("Space");
      await enter(page, dialog.getByRole("button", { name: ui.save }));
      await dialog.waitFor({ state: "detached" });
      await page
        .getByRole("row", { name: /wandel@example.org/ })
        .getByText(`${person.name} neu`)
        .waitFor();
      await enter(page, page.getByRole("button", { name: people.changeOne.replace("{{name}}", `${person.name} neu`) }));
      await dialog.getByLabel(group).waitFor();
      expect(await dialog.getByLabel(group).isChecked()).toBe(true);
      await axeFindsNothing(page);
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );

  it(
    "a person is deleted, by keyboard alone: its rooms stay, the one without an owner is found, and the id is free again",
    async () => {
      const { page, watch, context } = await signedIn(browser(), "tenant-administrator", language);
      const person = await addPerson(page, unique("geht"), `Zz Geht ${unique("g")}`);
      const room = unique("verwaist");
      await ask(page, "POST", "/rooms", { name: room });
      await ask(page, "PUT", `/rooms/${room}/members/${person.localpart}@${domain}`, { affiliation: "owner" });
      const dialog = page.getByRole("dialog");
      await enter(page, menu(page, people.title));
      await type(page, page.getByLabel(ui.search, { exact: true }), person.localpart);
      await enter(page, page.getByRole("button", { name: `${people.delete.action}: ${person.name}` }));
      await dialog.getByText(people.delete.text).waitFor();
      await type(page, dialog.getByLabel(ui.reason), "Verlässt das Amt");
      await axeFindsNothing(page);
      await picture(page, `console-person-delete-${language}`);
      await enter(page, dialog.getByRole("button", { name: people.delete.action, exact: true }));
      await dialog.waitFor({ state: "detached" });
      const again = await eventually(
        () => addPerson(page, person.localpart, `${person.name} neu`).catch(() => undefined),
        "the id to be free",
      );
      expect(again.id).not.toBe(person.id);
      await enter(page, menu(page, rooms.title));
      await tabTo(page, page.getByLabel(rooms.kind));
      await page.keyboard.type(rooms.kinds.ownerless.split(" ")[0] ?? "");
      expect(await page.getByLabel(rooms.kind).inputValue()).toBe("ownerless");
      await type(page, page.getByLabel(ui.search, { exact: true }), room);
      await page.getByRole("link", { name: room }).waitFor();
      await axeFindsNothing(page);
      await picture(page, `console-rooms-ownerless-${language}`);
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );

  it(
    "a CSV file is checked line by line; the good ones come in and their links are kept, by keyboard alone",
    async () => {
      const { page, watch, context } = await signedIn(browser(), "tenant-administrator", language);
      const [one, two] = [unique("csv"), unique("csv")];
      const csv = `localpart;name;email;groups\n${one};Zz Müller;;\n${one};Zz Noch einmal;;\n${two};Zz Zwei;;Kein Kreis\nBAD NAME;Zz Drei;;\n${two}x;Zz Vier\n`;
      const dialog = page.getByRole("dialog");
      await enter(page, menu(page, people.title));
      await enter(page, page.getByRole("button", { name: people.import.open }));
      await axeFindsNothing(page);
      await enter(page, dialog.getByRole("button", { name: people.import.check }));
      await dialog.getByText(ui.required).waitFor();
      const choosing = page.waitForEvent("filechooser");
      await tabTo(page, dialog.getByLabel(people.import.file));
      await page.keyboard.press("Enter");
      await (await choosing).setFiles({ name: "leute.csv", mimeType: "text/csv", buffer: Buffer.from(csv, "latin1") });
      await enter(page, dialog.getByRole("button", { name: people.import.check }));
      const { faults } = people.import;
      for (const text of [
        faults.twice.replace("{{about}}", "2"),
        faults.group.replace("{{about}}", "Kein Kreis"),
        faults.field.replace("{{about}}", "localpart"),
        faults.columns.replace("{{about}}", "2"),
      ]) {
        await dialog.getByText(text).waitFor();
      }
      await axeFindsNothing(page);
      if (language === "de") await picture(page, "console-import");
      await enter(page, dialog.getByRole("button", { name: people.import.takeGood_one }));
      await dialog.getByText(people.import.done_one.replace("{{count}}", "1")).waitFor();
      await axeFindsNothing(page);
      const downloading = page.waitForEvent("download");
      await enter(page, dialog.getByRole("button", { name: people.import.saveLinks }));
      const kept = await readFile(await (await downloading).path(), "utf8");
      expect(kept).toMatch(new RegExp(`"${one}","http[^"]+/console/invitation#[^"]+"`));
      await enter(page, dialog.getByRole("button", { name: ui.close }));
      await type(page, page.getByLabel(ui.search, { exact: true }), one);
      // An older spreadsheet's letters are read as well.
      await page.getByRole("row", { name: one }).getByText("Zz Müller").waitFor();
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );
});
