import { describe, expect, it } from "@jest/globals";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture } from "../support/browser.ts";
import {
  addPerson,
  enter,
  languages,
  menu,
  personWith,
  STEP,
  signedIn,
  tabTo,
  texts,
  type,
  unique,
} from "./console-user.ts";

const browser = browserOfFile();

describe.each(languages)("roles, in %s", (language) => {
  const { roles, roleNames, ui } = texts[language];

  it(
    "are given and taken with a reason by keyboard alone, but never one's own",
    async () => {
      const { page, watch, context } = await signedIn(browser(), "tenant-administrator", language);
      const person = await addPerson(page, unique("rolle"), `Zz Rolle ${unique("r")}`);
      const own = personWith("tenant-administrator").jid.split("@")[0] ?? "";
      const dialog = page.getByRole("dialog");
      await enter(page, menu(page, roles.title));
      const ownRevoke = page
        .getByRole("row", { name: own })
        .getByRole("button", { name: `${roles.revoke}: ${roleNames["tenant-administrator"]}` })
        .first();
      await tabTo(page, ownRevoke);
      expect(await ownRevoke.getAttribute("aria-disabled")).toBe("true");
      await page.keyboard.press("Enter");
      expect(await dialog.count()).toBe(0);
      await page.getByText(roles.notOwn).first().waitFor();

      const grant = page.getByRole("button", { name: roles.grant });
      await grant.focus();
      await page.keyboard.press("Enter");
      await type(page, dialog.getByLabel(roles.person), own);
      await enter(page, dialog.getByRole("button", { name: new RegExp(`^${roles.choose}: `) }).first());
      await dialog.getByText(roles.notOwn).waitFor();
      await axeFindsNothing(page);
      await enter(page, dialog.getByRole("button", { name: roles.otherPerson }));
      await type(page, dialog.getByLabel(roles.person), person.localpart);
      await enter(page, dialog.getByRole("button", { name: `${roles.choose}: ${person.name}` }));
      await enter(page, dialog.getByRole("button", { name: roles.grant }));
      await dialog.getByText(ui.required).waitFor();
      await type(page, dialog.getByLabel(ui.reason), "öffnet die Sitzungen des Ausschusses");
      await enter(page, dialog.getByRole("button", { name: roles.grant }));
      await dialog.getByText(roles.chooseRole).waitFor();
      // A wrong choice has the focus; the arrows go on from there.
      const opener = dialog.getByLabel(roleNames.opener);
      await dialog.getByRole("radio").first().focus();
      for (let at = 0; at < 8 && !(await opener.isChecked()); at += 1) await page.keyboard.press("ArrowDown");
      await dialog.getByText(roles.explained.opener).waitFor();
      if (language === "de") await picture(page, "console-role-grant");
      await axeFindsNothing(page);
      await enter(page, dialog.getByRole("button", { name: roles.grant }));
      await dialog.waitFor({ state: "detached" });

      await type(page, page.getByLabel(ui.search, { exact: true }), person.localpart);
      const row = page.getByRole("row", { name: person.localpart });
      await row.getByText("öffnet die Sitzungen des Ausschusses").waitFor();
      expect(await row.textContent()).toContain(roles.forGood);
      await enter(page, row.getByRole("button", { name: roles.revoke }));
      await axeFindsNothing(page);
      await type(page, dialog.getByLabel(ui.reason), "nicht mehr nötig");
      await enter(page, dialog.getByRole("button", { name: roles.revoke }));
      await dialog.waitFor({ state: "detached" });
      await page.getByText(ui.noneFound).waitFor();
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );

  it(
    "are read by the data protection officer, who changes none",
    async () => {
      const { page, watch, context } = await signedIn(browser(), "dpo", language);
      await enter(page, menu(page, roles.title));
      await page.getByRole("table").getByText(roleNames.dpo).first().waitFor();
      if (language === "de") await picture(page, "console-roles");
      expect(await page.getByRole("button", { name: roles.grant }).count()).toBe(0);
      expect(await page.getByRole("button", { name: roles.revoke }).count()).toBe(0);
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );
});
