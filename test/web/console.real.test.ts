import { AxeBuilder } from "@axe-core/playwright";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { launch, picture, type Visitor, visitor } from "../support/browser.ts";
import { realStack } from "../support/real.ts";

const STEP = 60_000;
const { demo } = realStack();
const tenant = demo.tenants[0];
if (!tenant) throw new Error("the demo has no tenant");

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
}, STEP);
afterAll(() => browser.close());

const personWith = (role: string) => {
  const person = tenant.people.find(({ roles }) => roles.includes(role));
  if (!person) throw new Error(`nobody in the demo is ${role}`);
  return person;
};

/** Opens the console and signs in by keyboard alone. */
async function signedIn(role: string): Promise<Visitor> {
  // The browser itself notes the 401 by which the console learns that nobody is signed in.
  const guest = await visitor(browser, [/status of 401 .*\/api\/v1\/session\)$/]);
  const { page } = guest;
  const { jid, password } = personWith(role);
  await page.goto(`${demo.http}/console`);
  await page.getByLabel("Adresse").focus();
  await page.keyboard.type(jid);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Übersicht" }).waitFor();
  return guest;
}

const menu = (page: Page, name: string) => page.getByRole("navigation").getByRole("link", { name, exact: true });

async function axeFindsNothing(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}

it(
  "a wrong password is told in words, and the sign-in has no fault that axe knows",
  async () => {
    const { page, context } = await visitor(browser);
    await page.goto(`${demo.http}/console`);
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

describe.each([
  ["tenant-administrator", ["Personen", "API-Schlüssel", "Eigenes Konto"]],
  ["dpo", ["Personen", "Eigenes Konto"]],
])("signed in as %s", (role, names) => {
  it(
    "each page has no fault that axe knows, in German and English, and loads nothing foreign",
    async () => {
      const { page, watch, context } = await signedIn(role);
      const links = page.getByRole("navigation").getByRole("link");
      const titles = await links.allTextContents();
      for (const name of names) expect(titles).toContain(name);
      for (const [lang, language] of [
        ["de", "Deutsch"],
        ["en", "English"],
      ] as const) {
        await page.getByRole("button", { name: language }).click();
        for (let index = 0; index < titles.length; index += 1) {
          await links.nth(index).focus();
          await page.keyboard.press("Enter");
          await page.getByRole("heading", { level: 1 }).waitFor();
          await page.waitForLoadState("networkidle");
          expect(await page.locator("html").getAttribute("lang")).toBe(lang);
          await axeFindsNothing(page);
        }
      }
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );
});

it(
  "an administrator adds a person; the data protection officer finds it in the log of accesses",
  async () => {
    const name = `Probe ${Date.now().toString(36)}`;
    const localpart = name.toLowerCase().replace(" ", "-");
    const { page, context } = await signedIn("tenant-administrator");
    await menu(page, "Personen").click();
    await page.getByRole("table").getByText("ingrid.petersen", { exact: true }).waitFor();
    await picture(page, "console-people");
    await page.getByRole("button", { name: "Person anlegen" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Kennung").fill(localpart);
    await dialog.getByLabel("Name", { exact: true }).fill(name);
    await dialog.getByRole("button", { name: /anlegen|Speichern/ }).click();
    await dialog.getByText("Link für die Person").waitFor();
    await context.close();

    const officer = await signedIn("dpo");
    await menu(officer.page, "Protokoll der Zugriffe").click();
    await officer.page.getByRole("table").getByText("person:create").first().waitFor();
    await picture(officer.page, "console-audit");
    await officer.context.close();
  },
  STEP,
);
