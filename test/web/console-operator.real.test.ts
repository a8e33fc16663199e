import { readFile } from "node:fs/promises";
import { describe, expect, it } from "@jest/globals";
import type { Page } from "playwright-core";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture } from "../support/browser.ts";
import {
  consoleUrl,
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

/** The people of the installation in the console: all by keyboard, in both languages. */

const browser = browserOfFile();

const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });

describe.each(languages)("in %s", (language) => {
  const t = texts[language];

  it.each(["operator", "ordering-person", "auditor"])(
    "each page of %s has no fault that axe knows",
    async (role) => {
      const { page, watch, context } = await signedIn(browser(), role, language);
      const links = page.getByRole("navigation").getByRole("link");
      const titles = await links.allTextContents();
      expect(titles).toContain(t.tenants.title);
      expect(titles.includes(t.audit.title)).toBe(role === "auditor");
      for (const title of titles) {
        await enter(page, menu(page, title));
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.waitForLoadState("networkidle");
        await axeFindsNothing(page);
      }
      await enter(page, menu(page, t.tenants.title));
      if (language === "de" && role === "operator") {
        await page.getByRole("link", { name: "Amt Nord" }).waitFor();
        await picture(page, "console-tenants");
      }
      await enter(page, page.getByRole("link", { name: "Amt Nord" }));
      await heading(page, "Amt Nord").waitFor();
      await page.getByRole("meter").first().waitFor();
      await axeFindsNothing(page);
      // Only the operator may take access, only the auditor sees all that was taken.
      expect(await page.getByRole("button", { name: t.emergency.take }).count()).toBe(role === "operator" ? 1 : 0);
      expect(await heading(page, t.emergency.history).count()).toBe(role === "auditor" ? 1 : 0);
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    STEP,
  );

  it(
    "an operator opens a tenant, limits it, suspends it, takes its export and closes it",
    async () => {
      const { page, context } = await signedIn(browser(), "operator", language);
      const id = unique("amt");
      const dialog = page.getByRole("dialog");
      await enter(page, menu(page, t.tenants.title));
      await enter(page, page.getByRole("button", { name: t.tenants.create }));
      await type(page, dialog.getByLabel(t.tenants.id), id);
      await type(page, dialog.getByLabel(t.tenants.domain), `${id}.example`);
      await type(page, dialog.getByLabel(t.tenants.name, { exact: true }), `Amt ${id}`);
      await type(page, dialog.getByLabel(t.tenants.contact), "Frauke Lund");
      await type(page, dialog.getByLabel(t.tenants.deputy), "Jens Rieken");
      await type(page, dialog.getByLabel(t.tenant.quotaNames.people), "7");
      await axeFindsNothing(page);
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      await type(page, page.getByLabel(t.ui.search, { exact: true }), id);
      await enter(page, page.getByRole("link", { name: `Amt ${id}` }));
      await page
        .getByRole("row", { name: new RegExp(`${t.tenant.quotaNames.people} 7 \\(${t.tenant.agreed}\\) 0`) })
        .waitFor();

      const confirmed = async (button: string, action: string, text: string) => {
        await enter(page, page.getByRole("button", { name: button }));
        await dialog.getByText(text).waitFor();
        await axeFindsNothing(page);
        // Without a reason nothing is done.
        await enter(page, dialog.getByRole("button", { name: action }));
        await dialog.getByText(t.ui.required).waitFor();
        await type(page, dialog.getByLabel(t.ui.reason), "Probe der Konsole");
        await enter(page, dialog.getByRole("button", { name: action }));
        await dialog.waitFor({ state: "detached" });
      };
      const step = async (name: "suspend" | "resume" | "close", text: string) => {
        const { action } = t.tenants[name];
        await confirmed(`${action}: Amt ${id}`, action, text);
      };
      await step("suspend", t.tenants.suspend.text);
      await page.getByText(t.tenant.stepsText.suspended).waitFor();
      await step("resume", t.tenants.resume.text);
      await page.getByText(t.tenant.stepsText.active).waitFor();

      const downloads = page.waitForEvent("download");
      await confirmed(t.tenant.export.action, t.tenant.export.action, t.tenant.export.text);
      const file = await (await downloads).path();
      const lines = (await readFile(file, "utf8")).trim().split("\n");
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({ kind: "tenant", id, contact: "Frauke Lund" });
      expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ kind: "end", counts: { tenant: 1, person: 0 } });

      await step("close", t.tenant.closeText);
      await page.getByText(new RegExp(`${t.tenant.stepsText.closing}|${t.tenant.stepsText.closed}`)).waitFor();
      expect(await page.getByRole("button", { name: `${t.tenants.close.action}: Amt ${id}` }).count()).toBe(0);
      await context.close();
    },
    STEP,
  );

  it(
    "emergency access is taken with a reason, told to the data protection officer, and ended",
    async () => {
      const { page, context } = await signedIn(browser(), "operator", language);
      const reason = `Verwaltung nicht erreichbar ${unique("grund")}`;
      const dialog = page.getByRole("dialog");
      await page.goto(`${consoleUrl}/tenants/${tenantId}`);
      await enter(page, page.getByRole("button", { name: t.emergency.take }));
      await dialog.getByText(t.emergency.warning).waitFor();
      await axeFindsNothing(page);
      if (language === "de") await picture(page, "console-emergency");
      await type(page, dialog.getByLabel(t.ui.reason), reason);
      await type(page, dialog.getByLabel(t.emergency.minutes), "241");
      await page.keyboard.press("Enter");
      await dialog.getByText(t.ui.outOfRange.replace("{{min}}", "5").replace("{{max}}", "240")).waitFor();
      await type(page, dialog.getByLabel(t.emergency.minutes), "30");
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      await heading(page, t.emergency.own).waitFor();
      // With it come the administrator's own doors.
      await page.getByRole("button", { name: t.tenant.partnersChange }).waitFor();
      await axeFindsNothing(page);
      const which = page.getByRole("region", { name: t.app.which });
      await which.getByText(t.app.foreign.replace("{{name}}", "Amt Nord")).waitFor();
      await enter(page, menu(page, t.people.title));
      await page.getByRole("row", { name: "Ingrid Petersen" }).waitFor();
      await axeFindsNothing(page);
      if (language === "de") await picture(page, "console-foreign-tenant");
      // In his own tenant the operator does not see people: the page goes with the choice, and comes again with it.
      await enter(page, which.getByRole("button").first());
      await heading(page, t.overview.title).waitFor();
      expect(await menu(page, t.people.title).count()).toBe(0);
      await page.reload();
      await heading(page, t.overview.title).waitFor();
      expect(await menu(page, t.people.title).count()).toBe(0);
      await enter(page, which.getByRole("button", { name: "Amt Nord" }));
      await enter(page, menu(page, t.groups.title));
      await page.goto(`${consoleUrl}/tenants/${tenantId}`);
      await heading(page, t.emergency.own).waitFor();
      if (language === "de") {
        await page.evaluate("scrollTo(0, 0)");
        await picture(page, "console-tenant");
      }

      const officer = await signedIn(browser(), "dpo", language);
      const notice = officer.page.getByRole("alert");
      await notice.getByText(reason).waitFor();
      expect(await notice.textContent()).toContain("Olaf Nissen");
      await axeFindsNothing(officer.page);
      if (language === "de") await picture(officer.page, "console-notice");
      await enter(officer.page, menu(officer.page, t.audit.title));
      const taken = officer.page.getByRole("table").getByRole("row").filter({ hasText: reason });
      await taken.filter({ hasText: t.emergency.states.running }).waitFor();
      await taken.filter({ hasText: "tenant:break-glass" }).first().waitFor();

      await enter(page, menu(page, t.overview.title));
      await enter(page, page.getByRole("button", { name: t.emergency.endOne.replace("{{name}}", tenantId) }));
      await heading(page, t.emergency.own).waitFor({ state: "detached" });
      await officer.page.reload();
      await taken.filter({ hasText: t.emergency.states.early }).waitFor();
      await axeFindsNothing(officer.page);
      await officer.context.close();
      await context.close();
    },
    STEP,
  );

  it(
    "an auditor reads the log of the installation, and that of a tenant",
    async () => {
      const { page, context } = await signedIn(browser(), "auditor", language);
      await enter(page, menu(page, t.audit.title));
      await page.getByRole("table").getByText("audit:read").first().waitFor();
      await page.getByText(t.audit.verify).waitFor();
      await axeFindsNothing(page);
      if (language === "de") await picture(page, "console-audit-installation");
      await tabTo(page, page.getByLabel(t.audit.of, { exact: true }));
      await page.keyboard.type("Amt Nord");
      await heading(page, t.emergency.history).waitFor();
      await axeFindsNothing(page);
      await context.close();
    },
    STEP,
  );

  it(
    "a tenant's administrator names a partner, and sees that the other side has not agreed",
    async () => {
      const { page, context } = await signedIn(browser(), "tenant-administrator", language);
      const domain = `${unique("nirgends")}.example`;
      const dialog = page.getByRole("dialog");
      const save = async (text: string) => {
        await enter(page, page.getByRole("button", { name: t.tenant.partnersChange }));
        await type(page, dialog.getByLabel(t.tenant.partnersField), text);
        await axeFindsNothing(page);
        await enter(page, dialog.getByRole("button", { name: t.ui.save }));
        await dialog.waitFor({ state: "detached" });
      };
      await enter(page, menu(page, t.tenant.title));
      await save(domain);
      await page.getByRole("listitem").filter({ hasText: domain }).getByText(t.tenant.waiting).waitFor();
      await save(" ");
      await page.getByText(t.tenant.noPartners).waitFor();
      await context.close();
    },
    STEP,
  );
});
