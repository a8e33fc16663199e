import { beforeAll, describe, expect, it } from "@jest/globals";
import type { Page } from "playwright-core";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture } from "../support/browser.ts";
import {
  addPerson,
  consoleUrl,
  enter,
  guest,
  languages,
  STEP,
  signedIn,
  tabTo,
  texts,
  type,
  unique,
} from "./console-user.ts";

const browser = browserOfFile();
let administrator: Page;
beforeAll(async () => {
  ({ page: administrator } = await signedIn(browser(), "tenant-administrator"));
}, STEP);

/** All that the page could have kept of a secret. */
const kept = (page: Page) =>
  page.evaluate<string>(
    "JSON.stringify([location.href, history.state, Object.entries(localStorage), Object.entries(sessionStorage)])",
  );

describe.each(languages)("the page behind an invitation, in %s", (language) => {
  const { invitation, ui } = texts[language];

  it(
    "sets a password by keyboard alone, once, keeps no secret, and shows how to go on",
    async () => {
      const { localpart, invitation: link } = await addPerson(administrator, unique("gast"), "Gustav Gastfreund");
      const url = link?.link ?? "";
      const secret = new URL(url).hash.slice(1);
      const { page, watch, context } = await guest(browser(), url, language);
      await page.getByText(`${localpart}@`).waitFor();
      expect(await kept(page)).not.toContain(secret);
      const password = page.getByLabel(invitation.password, { exact: true });
      const again = page.getByLabel(invitation.again, { exact: true });
      const rule = (text: string) => page.getByRole("listitem").filter({ hasText: text });
      await axeFindsNothing(page);

      await type(page, password, "mein-gastfreund-haus");
      await rule(invitation.rules.name).filter({ hasText: invitation.unmet }).waitFor();
      await rule(invitation.rules.uniform).filter({ hasText: "✓" }).waitFor();
      await type(page, again, "mein-gastfreund-haus");
      await enter(page, page.getByRole("button", { name: invitation.submit }));
      await page.locator(".error", { hasText: invitation.rules.name }).waitFor();
      await axeFindsNothing(page);
      if (language === "de") await picture(page, "console-invitation");

      await password.focus();
      await type(page, password, "wolke tisch ampel");
      await page.getByText(invitation.allMet).waitFor();
      await enter(page, page.getByRole("button", { name: `${ui.showPassword}: ${invitation.password}` }));
      expect(await password.getAttribute("type")).toBe("text");
      await type(page, again, "wolke tisch ampeln");
      await page.keyboard.press("Enter");
      await page.getByText(invitation.different).waitFor();
      await type(page, again, "wolke tisch ampel");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: invitation.done }).waitFor();
      await axeFindsNothing(page);
      if (language === "de") await picture(page, "console-invitation-done");
      await tabTo(page, page.getByRole("link", { name: invitation.chat }));
      expect(await page.getByRole("link", { name: invitation.chat }).getAttribute("href")).toMatch(/^\/chat\?tenant=./);
      await enter(page, page.getByRole("link", { name: invitation.console }));
      await page.getByRole("heading", { name: texts[language].signIn.title }).waitFor();
      expect(await kept(page)).not.toContain(secret);
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();

      const second = await guest(browser(), url, language, [/status of 410 .*invitations\/look\)$/]);
      await second.page.getByText(invitation.over).waitFor();
      await axeFindsNothing(second.page);
      expect(second.watch).toEqual({ errors: [], foreign: [] });
      await second.context.close();
    },
    STEP,
  );

  it(
    "says what to do without a link, with half a link, and takes another link in the same window",
    async () => {
      const harmless = [/status of 4(00|10) .*invitations\/look\)$/];
      const { page, watch, context } = await guest(browser(), `${consoleUrl}/invitation`, language, harmless);
      await page.getByText(invitation.nothing, { exact: true }).waitFor();
      await axeFindsNothing(page);
      await page.goto(`${consoleUrl}/invitation#amt-nord.invitation_short`);
      await page.getByText(invitation.over).waitFor();
      const { invitation: link, localpart } = await addPerson(administrator, unique("gast"), "Gesine Gast");
      await page.goto(link?.link ?? "");
      await page.getByText(`${localpart}@`).waitFor();
      expect(page.url()).not.toContain("#");
      await page.reload();
      await page.getByText(invitation.nothing, { exact: true }).waitFor();
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );
});
