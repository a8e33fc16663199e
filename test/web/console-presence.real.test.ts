import { describe, expect, it } from "@jest/globals";
import type { Page } from "playwright-core";
import { z } from "zod";
import { dayOf } from "../../console/pages/own-presence.ts";
import { raiseUsage } from "../../presence/store-usage.ts";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture } from "../support/browser.ts";
import { eventually, openTestDatabase, realStack } from "../support/real.ts";
import {
  ask,
  consoleUrl,
  enter,
  languages,
  menu,
  STEP,
  signedIn,
  tenantId,
  texts,
  type,
  unique,
} from "./console-user.ts";

/** Presence in the console: what one sets for oneself, and what administrators set for all. */

const { demo } = realStack();
const browser = browserOfFile();
const dialogOf = (page: Page) => page.getByRole("dialog");

/** A day this many days from now, as fields of dates have it. */
const dayIn = (days: number): string => {
  const at = new Date();
  at.setDate(at.getDate() + days);
  return dayOf(at);
};

const choose = async (page: Page, label: string): Promise<void> => {
  await page.getByLabel(label, { exact: true }).focus();
  await page.keyboard.press("Space");
};

const ownAnswer = z.object({
  audience: z.string().nullable(),
  effective: z.string(),
  hideTimes: z.boolean(),
  outOfOffice: z.object({ until: z.string(), text: z.string() }).nullable(),
  badge: z.object({ svg: z.string(), shown: z.boolean() }).nullable(),
});
const ownOf = async (page: Page) =>
  ownAnswer.parse(await (await page.request.get(`${demo.http}/api/v1/own/presence`)).json());

const session = z.object({ person: z.object({ name: z.string() }) });
const nameOf = async (page: Page) =>
  session.parse(await (await page.request.get(`${demo.http}/api/v1/session`)).json()).person.name;

/** Adds a person with a password, which is active at once. */
async function activePerson(page: Page, localpart: string, name: string) {
  const password = unique("langes-Passwort");
  await ask(page, "POST", "/people", { localpart, name, password });
  return { localpart, name, password };
}

const defaultRules = { within: "everyone", partners: "contacts", hideTimes: false, badges: false };

describe.each(languages)("one's own presence, in %s", (language) => {
  const { ownPresence, ui } = texts[language];

  it(
    "is narrowed, an absence entered and ended, a badge switched on, by keyboard alone",
    async () => {
      const { page, watch, context } = await signedIn(browser(), "user", language);
      await enter(page, menu(page, ownPresence.title));
      const save = page.getByRole("button", { name: ui.save });
      const saved = () => page.getByText(ui.saved, { exact: true }).last().waitFor();
      const until = page.getByLabel(`${ownPresence.until} (`);
      const text = page.getByLabel(`${ownPresence.text} (`);
      await page.getByText(ownPresence.effective.everyone).waitFor();
      await axeFindsNothing(page);

      // What is left out or over is said at its field, and nothing is sent.
      await type(page, text, "Urlaub");
      await enter(page, save);
      await page.getByText(ownPresence.untilMissing).waitFor();
      await until.fill(dayIn(-1));
      await enter(page, save);
      await page.getByText(ownPresence.past).waitFor();
      await until.fill(dayIn(3));
      await text.fill("");
      await enter(page, save);
      await page.getByText(ownPresence.textMissing).waitFor();
      expect(await ownOf(page)).toMatchObject({ outOfOffice: null, badge: null });

      await type(page, text, "Urlaub, Vertretung Anke Thomsen");
      await choose(page, ownPresence.choices.groups.label);
      await choose(page, ownPresence.hideTimes);
      await choose(page, ownPresence.badgeOn);
      await enter(page, save);
      await saved();
      await page.getByText(ownPresence.effective.groups, { exact: true }).waitFor();
      // Without the tenant's consent it is not shown, and that is said.
      await page.getByText(ownPresence.badgeHidden).waitFor();
      const own = await ownOf(page);
      expect(own).toMatchObject({ audience: "groups", effective: "groups", hideTimes: true, badge: { shown: false } });
      expect(own.outOfOffice?.text).toBe("Urlaub, Vertretung Anke Thomsen");
      expect(dayOf(new Date(Date.parse(own.outOfOffice?.until ?? "") - 1))).toBe(dayIn(3));
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      await enter(page, page.getByRole("button", { name: ui.copyOne.replace("{{what}}", ownPresence.badgeHtml) }));
      await page.getByText(ui.copied).waitFor();
      expect(await page.evaluate("navigator.clipboard.readText()")).toBe(
        `<img src="${own.badge?.svg}" alt="${ownPresence.badgeAlt.replace("{{name}}", await nameOf(page))}">`,
      );
      await axeFindsNothing(page);

      // It is there again after a reload, with its badge where the tenant allows that, and is taken back.
      const admin = await signedIn(browser(), "tenant-administrator", language);
      await ask(admin.page, "PUT", "/presence-rules", { ...defaultRules, badges: true });
      await page.reload();
      const badge = page.getByRole("img", { name: ownPresence.badgeImage });
      await badge.waitFor();
      await eventually(
        async () => (await badge.evaluate((image: { naturalWidth: number }) => image.naturalWidth)) > 40 || undefined,
        "the badge is drawn",
      );
      await axeFindsNothing(page);
      await badge.scrollIntoViewIfNeeded();
      if (language === "de") await picture(page, "console-own-badge");
      await ask(admin.page, "PUT", "/presence-rules", defaultRules);
      await admin.context.close();
      await page.evaluate("scrollTo(0, 0)");
      expect(await until.inputValue()).toBe(dayIn(3));
      expect(await page.getByLabel(ownPresence.choices.groups.label).isChecked()).toBe(true);
      if (language === "de") await picture(page, "console-own-presence");
      await until.fill("");
      await text.fill("");
      await choose(page, ownPresence.choices.tenant.label);
      await choose(page, ownPresence.hideTimes);
      await choose(page, ownPresence.badgeOn);
      await enter(page, save);
      await saved();
      expect(await ownOf(page)).toEqual({
        ...{ audience: null, effective: "everyone", hideTimes: false, outOfOffice: null, badge: null },
      });
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );
});

describe.each(languages)("presence of a tenant, in %s", (language) => {
  const { presenceRules, ownPresence, people, ui } = texts[language];

  it(
    "its rules are read in plain words and set, and hold for its people",
    async () => {
      const { page, watch, context } = await signedIn(browser(), "tenant-administrator", language);
      await enter(page, menu(page, presenceRules.title));
      await page.getByText(presenceRules.hideTimesHint).waitFor();
      const { within, partners } = { within: presenceRules.withinChoices, partners: presenceRules.partnersChoices };
      expect(await page.getByLabel(within.everyone.label, { exact: true }).isChecked()).toBe(true);
      await choose(page, within.groups.label);
      await choose(page, partners.nobody.label);
      await choose(page, presenceRules.hideTimes);
      await axeFindsNothing(page);
      await page.evaluate("scrollTo(0, 0)");
      if (language === "de") await picture(page, "console-presence-rules");
      await enter(page, page.getByRole("button", { name: ui.save }));
      await page.getByText(ui.required).waitFor();
      await type(page, page.getByLabel(ui.reason), "Dienstvereinbarung");
      await enter(page, page.getByRole("button", { name: ui.save }));
      await page.getByText(presenceRules.saved).waitFor();
      await enter(page, menu(page, ownPresence.title));
      await page.getByText(ownPresence.effective.groups, { exact: true }).waitFor();
      await ask(page, "PUT", "/presence-rules", defaultRules);
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );

  it(
    "somebody is out of office on behalf",
    async () => {
      const { page, watch, context } = await signedIn(browser(), "tenant-administrator", language);
      const { localpart, name } = await activePerson(page, unique("krank"), `Zz Krank ${unique("k")}`);
      await enter(page, menu(page, people.title));
      await type(page, page.getByLabel(ui.search, { exact: true }), localpart);
      await enter(page, page.getByRole("button", { name: people.changeOne.replace("{{name}}", name) }));
      const dialog = dialogOf(page);
      await enter(page, dialog.getByText(ownPresence.onBehalf, { exact: true }));
      await dialog.getByLabel(`${ownPresence.until} (`).fill(dayIn(0));
      await type(page, dialog.getByLabel(`${ownPresence.text} (`), "Heute krank");
      await axeFindsNothing(page);
      await enter(page, dialog.getByRole("button", { name: ownPresence.onBehalfSave }));
      await page.getByText(ownPresence.onBehalfSaved).waitFor();
      await enter(page, dialog.getByRole("button", { name: ownPresence.onBehalfEnd }));
      await page.getByText(ownPresence.onBehalfEnded).waitFor();
      await eventually(
        async () => (await dialog.getByLabel(`${ownPresence.until} (`).inputValue()) === "" || undefined,
        "the fields are empty again",
      );
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );
});

describe.each(languages)("webhooks of presence, in %s", (language) => {
  const { presenceWebhooks, presenceRules, ui } = texts[language];

  it(
    "are added with a secret shown once, tried, changed, given a new secret, switched and deleted",
    async () => {
      const { page, watch, context } = await signedIn(browser(), "tenant-administrator", language, [
        // The address that is refused.
        /status of 400 .*presence-webhooks\)$/,
      ]);
      const group = `Empfang ${unique("w")}`;
      await ask(page, "POST", "/groups", { name: group, roster: true });
      const url = `https://127.0.0.1:9/${unique("hook")}`;
      const dialog = dialogOf(page);
      const { actions } = presenceWebhooks;
      const of = (action: keyof typeof actions, which = url) =>
        page.getByRole("button", { name: `${actions[action]}: ${which}` });
      await enter(page, menu(page, presenceRules.title));
      await enter(page, page.getByRole("link", { name: presenceRules.webhooks }));
      await enter(page, page.getByRole("button", { name: presenceWebhooks.create }));
      await type(page, dialog.getByLabel(presenceWebhooks.url), "http://example.org/");
      await page.keyboard.press("Enter");
      await dialog.getByText(/https address/).waitFor();
      await type(page, dialog.getByLabel(presenceWebhooks.url), url);
      await axeFindsNothing(page);
      await page.keyboard.press("Enter");
      const secret = dialog.getByText(/^whsec_/);
      await secret.waitFor();
      const first = await secret.textContent();
      await axeFindsNothing(page);
      await enter(page, dialog.getByRole("button", { name: ui.close }));
      const card = page.getByRole("region", { name: url });
      await card.getByText(presenceWebhooks.everybody).waitFor();
      expect(await page.content()).not.toContain(first);

      await enter(page, of("test"));
      const refused = presenceWebhooks.testFailed.replace("{{problem}}", presenceWebhooks.problems["local-address"]);
      await card.getByRole("status").getByText(refused).waitFor();
      await enter(page, of("change"));
      await dialog.getByRole("option", { name: group }).waitFor({ state: "attached" });
      await dialog.getByLabel(presenceWebhooks.group).selectOption({ label: group });
      await enter(page, dialog.getByRole("button", { name: ui.save }));
      await card.getByText(group).waitFor();

      await enter(page, of("secret"));
      await type(page, dialog.getByLabel(ui.reason), "Wechsel");
      await enter(page, dialog.getByRole("button", { name: actions.secret }));
      await secret.waitFor();
      expect(await secret.textContent()).not.toBe(first);
      await page.keyboard.press("Escape");
      await card.getByText(presenceWebhooks.former).waitFor();
      await axeFindsNothing(page);
      if (language === "de") await picture(page, "console-presence-webhooks");

      await enter(page, of("off"));
      await type(page, dialog.getByLabel(ui.reason), "Wartung");
      await enter(page, dialog.getByRole("button", { name: actions.off }));
      await card.getByText(presenceWebhooks.offReasons["switched-off"]).waitFor();
      await enter(page, of("on"));
      await of("off").waitFor();
      await enter(page, of("delete"));
      await type(page, dialog.getByLabel(ui.reason), "abgelöst");
      await enter(page, dialog.getByRole("button", { name: actions.delete }));
      await card.waitFor({ state: "detached" });
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );
});

it(
  "figures of days are read by who runs the tenant and by who runs the service",
  async () => {
    const { presenceFigures, presenceRules } = texts.de;
    const db = openTestDatabase();
    for (let ago = 20; ago > 1; ago -= 1) {
      const peak = ago === 5 ? 4_321 : 4_000 - 100 * ((ago * 7) % 11);
      await raiseUsage(db, tenantId, { day: dayIn(-ago), peak, active: peak + 250 });
    }
    await db.close();
    const most = /am meisten 4\.321 am/;
    const { page, watch, context } = await signedIn(browser(), "tenant-administrator");
    await enter(page, menu(page, presenceRules.title));
    const figures = page.getByRole("region", { name: presenceFigures.title });
    await figures.getByText(most).waitFor();
    await enter(page, figures.getByText(presenceFigures.asTable));
    await figures.getByRole("row", { name: /4\.321 4\.571/ }).waitFor();
    await axeFindsNothing(page);
    await figures.scrollIntoViewIfNeeded();
    await picture(page, "console-presence-figures");
    expect(watch).toEqual({ errors: [], foreign: [] });
    await context.close();

    const operator = await signedIn(browser(), "operator");
    await operator.page.goto(`${consoleUrl}/tenants/${tenantId}`);
    await operator.page.getByRole("region", { name: presenceFigures.title }).getByText(most).waitFor();
    await axeFindsNothing(operator.page);
    expect(operator.watch).toEqual({ errors: [], foreign: [] });
    await operator.context.close();
  },
  STEP,
);
