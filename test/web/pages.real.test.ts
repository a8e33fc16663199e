import { describe, expect, it } from "@jest/globals";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture, visitor } from "../support/browser.ts";
import { realStack } from "../support/real.ts";
import { atSignIn } from "./chat-user.ts";

const STEP = 60_000;

/** What is used of an element of the browser. */
interface Animated {
  getAnimations(options: { subtree: boolean }): { readonly finished: Promise<unknown> }[];
}

const { demo } = realStack();
const tenant = demo.tenants[0];
if (!tenant) throw new Error("the demo has no tenant");
const signIn = `${demo.http}/chat?tenant=${tenant.id}`;

const browser = browserOfFile();

describe.each(["light", "dark"] as const)("in %s colours", (colorScheme) => {
  it.each([
    { path: "/", name: "landing", heading: "Kontor" },
    { path: "/chat", name: undefined, heading: "Wo möchten Sie sich anmelden?" },
    { path: "/api/docs", name: "api-docs", heading: "Referenz der Schnittstelle" },
    { path: "/api/docs?lang=en", name: undefined, heading: "Interface reference" },
    { path: "/nothing", name: undefined, heading: "Das ging nicht" },
  ])(
    "$path has no fault that axe knows and loads nothing foreign",
    async ({ path, name, heading }) => {
      // The browser itself puts the status of the missing page into its console.
      const { page, watch, context } = await visitor(browser(), [/status of 404 .*\/nothing\)$/]);
      await page.emulateMedia({ colorScheme });
      await page.goto(`${demo.http}${path}`);
      expect(await page.locator("h1").textContent()).toBe(heading);
      await axeFindsNothing(page);
      if (name && colorScheme === "light") await picture(page, name);
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );

  it(
    "the sign-in page has no fault that axe knows and loads nothing foreign",
    async () => {
      const { page, watch, context } = await atSignIn(browser(), signIn);
      await page.emulateMedia({ colorScheme });
      // The form fades in, and colours in between have no contrast.
      await page.locator("converse-login-form").evaluate(async (form: Animated) => {
        await Promise.all(form.getAnimations({ subtree: true }).map(({ finished }) => finished));
      });
      await axeFindsNothing(page);
      if (colorScheme === "light") await picture(page, "chat-sign-in");
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );
});

it(
  "the way from the start page to the sign-in needs a keyboard only",
  async () => {
    const { page, context } = await visitor(browser());
    await page.goto(`${demo.http}/?lang=en`);
    const focused = () => page.locator(":focus");
    const tabTo = async (text: string) => {
      for (let presses = 0; presses < 12; presses++) {
        await page.keyboard.press("Tab");
        if ((await focused().textContent())?.trim().startsWith(text)) return;
      }
      throw new Error(`no way to '${text}' by the Tab key`);
    };
    await tabTo("Skip to content");
    await tabTo("Chat");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/chat/);
    await tabTo("Amt Nord");
    await page.keyboard.press("Enter");
    await page.locator("#converse-login-jid").waitFor();
    expect(await page.title()).toBe("Amt Nord – Chat");
    expect(await page.locator("converse-brand-logo h1").textContent()).toContain("Amt Nord");
    expect(await page.locator("#converse-login button[type=submit]").textContent()).toBe("Log in");
    // The cursor waits in the first field already.
    expect(await focused().getAttribute("id")).toBe("converse-login-jid");
    await context.close();
  },
  STEP,
);

it.each([
  { language: "de", skip: "Zum Inhalt", answers: "Antworten" },
  { language: "en", skip: "Skip to content", answers: "Answers" },
])(
  "the reference of the API is read by keyboard alone ($language)",
  async ({ language, skip, answers }) => {
    const { page, context } = await visitor(browser());
    await page.goto(`${demo.http}/api/docs?lang=${language}`);
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").textContent()).toContain(skip);
    const link = page.locator('nav a[href="#invitations"]');
    await link.focus();
    await page.keyboard.press("Enter");
    expect(page.url()).toMatch(/#invitations$/);
    const part = page.locator("article").filter({ hasText: "POST /api/v1/invitations/look" });
    expect(await part.locator("p.small").textContent()).toContain(language === "de" ? "Offen für alle" : "Open to all");
    const summary = part.locator("summary", { hasText: answers });
    await summary.focus();
    await page.keyboard.press("Enter");
    expect(await part.locator("li", { hasText: "410 This has expired" }).isVisible()).toBe(true);
    await context.close();
  },
  STEP,
);

it(
  "without script the chat page says what to do",
  async () => {
    const context = await browser().newContext({ javaScriptEnabled: false, locale: "de-DE" });
    const page = await context.newPage();
    await page.goto(signIn);
    const advice = page.locator("noscript p");
    expect(await advice.isVisible()).toBe(true);
    expect(await advice.textContent()).toContain("Der Chat braucht JavaScript.");
    expect(await page.locator("#loading").isVisible()).toBe(false);
    await context.close();
  },
  STEP,
);
