import type { Browser, Locator, Page } from "playwright-core";
import { z } from "zod";
import { de, en } from "../../console/texts/areas.ts";
import { newId } from "../../platform/ids.ts";
import { type Visitor, visitor } from "../support/browser.ts";
import { realStack } from "../support/real.ts";

/** What tests of the console share: who signs in, and the keyboard as their only tool. */

export const STEP = 90_000;
/** For a walk through all pages, each looked at by axe. */
export const PAGES = 240_000;
export const texts = { de, en } as const;
export const languages = ["de", "en"] as const;
export type Language = (typeof languages)[number];

const { demo } = realStack();
const tenant = demo.tenants[0];
if (!tenant) throw new Error("the demo has no tenant");
export const consoleUrl = `${demo.http}/console`;
export const tenantId = tenant.id;

/** They sort behind the demo's people and differ in each run. */
export const unique = (name: string): string => `zz-${name}-${newId().slice(-8)}`;

export const personWith = (role: string) => {
  const person = demo.tenants.flatMap(({ people }) => people).find(({ roles }) => roles.includes(role));
  if (!person) throw new Error(`nobody in the demo is ${role}`);
  return person;
};

/** The browser itself notes the 401 by which the console learns that nobody is signed in. */
const nobodyYet = /status of 401 .*\/api\/v1\/session\)$/;

/** A browser of its own at a page of the console, in a language. */
export async function guest(browser: Browser, url: string, language: Language, harmless: readonly RegExp[] = []) {
  const there = await visitor(browser, [nobodyYet, ...harmless]);
  there.page.setDefaultTimeout(15_000);
  // Each document asks anew; only what nobody has chosen yet is set, so that a choice of the test stays.
  await there.context.addInitScript(
    `if (!localStorage.getItem("kontor-language")) localStorage.setItem("kontor-language", "${language}")`,
  );
  await there.page.goto(url);
  return there;
}

/** Opens the console and signs in by keyboard alone. */
export async function signedIn(
  browser: Browser,
  role: string,
  language: Language = "de",
  harmless: readonly RegExp[] = [],
): Promise<Visitor> {
  const there = await guest(browser, consoleUrl, language, harmless);
  const { page } = there;
  const { jid, password } = personWith(role);
  const { signIn, overview } = texts[language];
  await page.getByLabel(signIn.jid).focus();
  await page.keyboard.type(jid);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: overview.title }).waitFor();
  return there;
}

export const menu = (page: Page, name: string) => page.getByRole("navigation").getByRole("link", { name, exact: true });

/** As many stops as the longest page here has, and then some. */
const MAX_STOPS = 250;

/** What is used of an element in the browser. */
interface InPage {
  readonly isConnected: boolean;
  readonly ownerDocument: { readonly activeElement: unknown };
}

/** Presses Tab until this has the focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  // Found once, as finding it takes longer than the rest; and anew when the page has put another in its place.
  let found = await target.elementHandle();
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    const { there, focused } = (await found?.evaluate(whetherFocused)) ?? { there: false, focused: false };
    if (focused) return;
    if (there) await page.keyboard.press("Tab");
    else found = await target.elementHandle();
  }
  throw new Error(`the keyboard does not reach ${target}`);
}

const whetherFocused = (element: InPage) => ({
  there: element.isConnected,
  focused: element.isConnected && element.ownerDocument.activeElement === element,
});

/** Goes there by keyboard and presses Enter. */
export async function enter(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press("Enter");
}

/** Goes there by keyboard and types in place of what stands there. */
export async function type(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
}

const session = z.object({ csrf: z.string() });

/** What a browser of Playwright gives of an answer. */
interface Answer {
  json(): Promise<unknown>;
}

/** Asks the API in the name of who is signed in, as what the test needs before or beside the page. */
export async function ask(page: Page, method: "POST" | "PUT", path: string, data: object): Promise<unknown> {
  const origin = { Origin: new URL(consoleUrl).origin };
  const { csrf } = session.parse(await (await page.request.get(`${demo.http}/api/v1/session`)).json());
  const answer = await page.request.fetch(`${demo.http}/api/v1/tenants/${tenantId}${path}`, {
    method,
    data,
    headers: { ...origin, "X-CSRF-Token": csrf },
  });
  if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
  const read: Answer = answer;
  return answer.status() === 204 ? undefined : read.json();
}

const added = z.object({
  id: z.string(),
  localpart: z.string(),
  name: z.string(),
  invitation: z.object({ link: z.string() }).nullable(),
});

/** Adds an invited person of one's own to the tenant. */
export const addPerson = async (page: Page, localpart: string, name: string) =>
  added.parse(await ask(page, "POST", "/people", { localpart, name }));
