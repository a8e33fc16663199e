import { describe, expect, it } from "@jest/globals";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture, visitor } from "../support/browser.ts";
import { consoleUrl, menu, PAGES, personWith, STEP, signedIn, texts, unique } from "./console-user.ts";

/** The browser itself notes the 404 by which a page learns that no OpenID provider is set up. */
const noProvider = /status of 404 .*\/sign-in\)$/;
const browser = browserOfFile();

it(
  "a wrong password is told in words, and the sign-in has no fault that axe knows",
  async () => {
    const { page, context } = await visitor(browser());
    await page.goto(consoleUrl);
    await page.getByLabel("Adresse").fill(personWith("user").jid);
    await page.getByLabel("Passwort").fill("not the password");
    await axeFindsNothing(page);
    await page.getByRole("button", { name: "Anmelden" }).click();
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toContain("Anmeldung nicht möglich");
    await context.close();
  },
  STEP,
);

const shownTo = {
  "tenant-administrator": ["people", "groups", "roles", "tokens", "signInSettings", "account"],
  dpo: ["people", "groups", "roles", "audit", "account"],
} as const;

describe.each(["tenant-administrator", "dpo"] as const)("signed in as %s", (role) => {
  it.each(["de", "en"] as const)(
    "each page has no fault that axe knows in language %s, and loads nothing foreign",
    async (language) => {
      const { page, watch, context } = await signedIn(browser(), role, language, [noProvider]);
      const links = page.getByRole("navigation").getByRole("link");
      const titles = await links.allTextContents();
      for (const name of shownTo[role]) expect(titles).toContain(texts[language][name].title);
      for (let index = 0; index < titles.length; index += 1) {
        await links.nth(index).focus();
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.waitForLoadState("networkidle");
        expect(await page.locator("html").getAttribute("lang")).toBe(language);
        await axeFindsNothing(page);
      }
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    PAGES,
  );
});

it(
  "an administrator adds a person; the data protection officer finds it in the log of accesses",
  async () => {
    const localpart = unique("probe");
    const { page, context } = await signedIn(browser(), "tenant-administrator");
    await menu(page, "Personen").click();
    await page.getByRole("table").getByText("ingrid.petersen", { exact: true }).waitFor();
    await picture(page, "console-people");
    await page.getByRole("button", { name: "Person anlegen" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Kennung").fill(localpart);
    await dialog.getByLabel("Name", { exact: true }).fill(`Zz ${localpart}`);
    await dialog.getByRole("button", { name: /anlegen|Speichern/ }).click();
    await dialog.getByText("Link für die Person").waitFor();
    await context.close();

    const officer = await signedIn(browser(), "dpo");
    await menu(officer.page, "Protokoll der Zugriffe").click();
    await officer.page.getByRole("table").getByText("person:create").first().waitFor();
    await picture(officer.page, "console-audit");
    await officer.context.close();
  },
  STEP,
);
