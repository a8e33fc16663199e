import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { Page } from "playwright-core";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture, visitor } from "../support/browser.ts";
import { DOMAIN, type OidcWorld, oidcWorld } from "../support/oidc-world.ts";
import { eventually } from "../support/real.ts";

/** Sign-in through the organisation in Chromium: set up, used, and told in words where it fails. */

const STEP = 120_000;
const browser = browserOfFile();
let world: OidcWorld;
let administrator: string;

beforeAll(async () => {
  world = await oidcWorld();
  administrator = await world.addPerson("anna", { role: "tenant-administrator" });
  await world.addPerson("ingrid");
}, STEP);
afterAll(async () => {
  await world.close();
});

// The browser itself notes the 401 by which the console learns that nobody is signed in, and the 404 of no provider.
const noted = [/status of 401 .*\/api\/v1\/session\)$/, /status of 404 .*\/sign-in\)$/];
// The forms of the provider, which are not ours, ask for a font and have no icon.
const ofProvider = /https:\/\/fonts\.googleapis\.com\//;
const inGerman = (page: Page) => page.getByRole("button", { name: "Deutsch" }).click();
const inEnglish = (page: Page) => page.getByRole("button", { name: "English" }).click();

/** By keyboard alone from the sign-in page to the provider and through its forms, which are not ours. */
async function signIn(page: Page, name: string): Promise<void> {
  await page.goto(`${world.base}/console`);
  await page.getByLabel("Adresse").focus();
  await page.keyboard.type(`somebody@${DOMAIN}`);
  const button = page.getByRole("button", { name: "Mit dem Konto der Organisation anmelden" });
  await button.waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  expect(await button.evaluate((element) => element.matches(":focus"))).toBe(true);
  await page.keyboard.press("Enter");
  await page.locator("input[name=login]").fill(name);
  await page.locator("input[name=password]").fill("any");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Continue" }).click();
}

it(
  "an administrator sets it up and checks it; a person signs in with it, a stranger is told why not",
  async () => {
    const { page, watch, context } = await visitor(browser(), noted);
    await context.addCookies([{ name: "kontor-session", value: await world.session(administrator), url: world.base }]);
    await page.goto(`${world.base}/console`);
    await page.getByRole("navigation").getByRole("link", { name: "Anmeldung", exact: true }).click();
    await page.getByText("Es ist kein OpenID-Provider eingerichtet").waitFor();
    await page.getByText(`${world.base}/api/v1/oidc/`).waitFor();
    await axeFindsNothing(page);
    await page.getByRole("button", { name: "Speichern" }).click();
    await page.getByText("Bitte füllen Sie dieses Feld aus.").first().waitFor();
    await page.keyboard.type("http://127.0.0.1:1");
    await page.getByLabel("Client-ID").fill(world.provider.client.id);
    await page.getByLabel("Client-Secret").fill(world.provider.client.secret);
    await page.getByLabel("Claim der Organisation").fill("org");
    await page.getByLabel("Wert dieses Claims").fill("amt");
    await page.getByRole("button", { name: "Speichern" }).click();
    await page.getByText("Die Anmeldung ist gespeichert.").waitFor();
    await page.getByRole("button", { name: "Verbindung prüfen" }).click();
    await page.getByText("Der Aussteller antwortet nicht.").waitFor();
    await page.getByLabel("Aussteller").fill(world.provider.issuer);
    await page.getByRole("button", { name: "Speichern" }).click();
    // Another issuer does not get the secret of this one.
    await page.locator(".error", { hasText: "needs its secret" }).waitFor();
    await page.getByLabel("Client-Secret").fill(world.provider.client.secret);
    await page.getByRole("button", { name: "Speichern" }).click();
    // The form is made anew with what was saved, and forgets the secret.
    const secret = async () => (await page.getByLabel("Client-Secret").inputValue()) === "" || undefined;
    await eventually(secret, "saving");
    await page.getByRole("button", { name: "Verbindung prüfen" }).click();
    await page.getByText("Der OpenID-Provider antwortet").waitFor();
    await picture(page, "console-sign-in-settings");
    await axeFindsNothing(page);
    await inEnglish(page);
    await page.getByText("The OpenID provider answers").waitFor();
    await axeFindsNothing(page);
    expect(watch.foreign).toEqual([]);
    await context.close();

    const person = await visitor(browser(), [...noted, ofProvider, /favicon\.ico\)$/]);
    await signIn(person.page, "ingrid");
    await person.page.getByRole("heading", { name: "Übersicht" }).waitFor();
    await person.page.getByRole("link", { name: "Eigenes Konto" }).first().click();
    await person.page.getByRole("definition").getByText("ingrid").first().waitFor();
    expect(person.watch.errors).toEqual([]);
    expect(person.watch.foreign.filter((url) => !ofProvider.test(url))).toEqual([]);
    await person.context.close();

    const stranger = await visitor(browser(), noted);
    await signIn(stranger.page, "stranger");
    await stranger.page.getByText("Für dieses Konto gibt es hier keine aktive Person").waitFor();
    await axeFindsNothing(stranger.page);
    await stranger.page.getByLabel("Adresse").fill(`x@${DOMAIN}`);
    await stranger.page.getByRole("button", { name: "Mit dem Konto der Organisation" }).waitFor();
    await picture(stranger.page, "console-organisation-sign-in");
    await axeFindsNothing(stranger.page);
    await inEnglish(stranger.page);
    await stranger.page.getByText("Nobody active here belongs to this account").waitFor();
    await stranger.page.getByRole("button", { name: "Sign in with your organisation’s account" }).waitFor();
    await axeFindsNothing(stranger.page);
    await inGerman(stranger.page);
    // A code that is none of ours is no text on the page.
    await stranger.page.goto(`${world.base}/console/sign-in?problem=%3Cimg%20src=x%3E`);
    expect(await stranger.page.getByRole("alert").textContent()).toContain(
      "Auf unserer Seite ist etwas schiefgegangen",
    );
    await stranger.context.close();
  },
  STEP,
);

it(
  "while the provider is away it is told, and nothing hangs",
  async () => {
    await world.provider.stop();
    world.ahead = 3_600_000;
    const { page, context } = await visitor(browser(), [...noted, /status of 503 .*\/start\)$/]);
    await page.goto(`${world.base}/console`);
    await page.getByLabel("Adresse").fill(`x@${DOMAIN}`);
    await page.getByRole("button", { name: "Mit dem Konto der Organisation" }).click();
    await page.getByText("Ein Teil des Dienstes ist gerade nicht erreichbar").waitFor();
    await page.getByRole("button", { name: "Mit dem Konto der Organisation" }).waitFor();
    await axeFindsNothing(page);
    await context.close();
  },
  STEP,
);
