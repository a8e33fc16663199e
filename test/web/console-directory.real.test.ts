import { afterAll, expect, it } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { z } from "zod";
import { signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { x } from "../../components/stanza.ts";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture } from "../support/browser.ts";
import { eventually, personOf, realStack } from "../support/real.ts";
import { signInWith } from "./chat-user.ts";
import {
  ask,
  consoleUrl,
  enter,
  languages,
  menu,
  personWith,
  STEP,
  signedIn,
  texts,
  type,
  unique,
} from "./console-user.ts";

/** Somebody looks who is there, while colleagues come, are busy, go, are out of office and are hidden. */

const { demo } = realStack();
const domain = demo.tenants[0]?.domain ?? "";
const browser = browserOfFile();
const clients: XmppClient[] = [];
afterAll(() => Promise.all(clients.map((client) => client.stop())));

const madeShape = z.object({ id: z.string() });
const defaultRules = { within: "everyone", partners: "contacts", hideTimes: false, badges: false };

interface Colleague {
  readonly id: string;
  readonly name: string;
  readonly jid: string;
  readonly online: (...said: Parameters<typeof x>[2][]) => Promise<void>;
  readonly leave: () => Promise<void>;
  /** Enters a conference, or leaves it. */
  readonly meet: (conference: string, type?: "unavailable") => Promise<void>;
}

/** Somebody new, whose account the server has, in a client of its own. */
async function colleague(page: Page, name: string, key: string): Promise<Colleague> {
  const localpart = `zz-${name.split(" ")[0]?.toLowerCase()}-${key}`;
  const password = unique("langes-Passwort");
  const { id } = madeShape.parse(await ask(page, "POST", "/people", { localpart, name, password }));
  const jid = `${localpart}@${domain}`;
  const who = { ...personOf(demo, 0, 0), jid, password };
  const client = await eventually(() => signIn(who).catch(() => undefined), "the account is there", 30_000);
  clients.push(client);
  return {
    ...{ id, name, jid },
    online: (...said) => client.send(x("presence", {}, ...said)),
    leave: () => client.stop(),
    meet: (conference, type) =>
      client.send(
        x(
          "presence",
          { to: `${conference}@conference.${domain}/${localpart}`, type },
          ...(type ? [] : [x("x", { xmlns: "http://jabber.org/protocol/muc" })]),
        ),
      ),
  };
}

async function scene(of: Browser) {
  const { page, context } = await signedIn(of, "tenant-administrator");
  const key = unique("").slice(-6);
  const anna = await colleague(page, "Anna Feddersen", key);
  const bodo = await colleague(page, "Bodo Matthiesen", key);
  const cara = await colleague(page, "Cara Nickels", key);
  const group = `Bauamt ${key}`;
  const { id } = madeShape.parse(await ask(page, "POST", "/groups", { name: group, roster: true }));
  for (const one of [anna, bodo]) await ask(page, "PUT", `/groups/${id}/members/${one.id}`, {});
  return { ...{ page, context, key, group, anna, bodo, cara } };
}

it.each(languages)(
  "the directory is live, filtered, grouped, and tells what one waits for, by keyboard alone, in %s",
  async (language) => {
    const { directory, ui } = texts[language];
    const admin = await scene(browser());
    const { key, group, anna, bodo, cara } = admin;
    await anna.online();
    const { page, watch, context } = await signedIn(browser(), "user", language);
    await enter(page, menu(page, directory.title));
    await page.getByLabel(directory.search).waitFor();
    const line = ({ jid }: Colleague) => page.getByRole("listitem").filter({ hasText: jid });
    const isSo = (who: Colleague, state: keyof typeof directory.states) =>
      line(who).getByText(directory.states[state], { exact: true }).waitFor();
    const stateButton = (state: keyof typeof directory.states) =>
      page.getByRole("button", { name: new RegExp(`^${directory.states[state]} `) });
    await isSo(anna, "here");
    await isSo(bodo, "offline");

    // Who is waited for is told of; others come and go without a word.
    await enter(page, line(bodo).getByRole("button", { name: directory.tellOf.replace("{{name}}", bodo.name) }));
    await bodo.online();
    await isSo(bodo, "here");
    const told = page.getByRole("status").getByText(directory.nowHere.replace("{{name}}", bodo.name));
    await told.waitFor();
    await anna.online(x("show", {}, "dnd"), x("status", {}, "Haushalt 2027"));
    await isSo(anna, "busy");
    await line(anna).getByText("Haushalt 2027").waitFor();
    await line(anna).locator("time").waitFor();
    expect(await page.getByRole("status").getByText(anna.name).count()).toBe(0);
    const until = new Date();
    until.setDate(until.getDate() + 10);
    until.setHours(0, 0, 0, 0);
    const away = { until: until.toISOString(), text: "Elternzeit, Vertretung Anna" };
    await ask(admin.page, "PUT", `/people/${cara.id}/out-of-office`, away);
    await isSo(cara, "outOfOffice");
    await line(cara).getByText(away.text).waitFor();
    await axeFindsNothing(page);
    await page.evaluate("scrollTo(0, 0)");
    if (language === "de") await picture(page, "console-directory");
    await enter(page, page.getByRole("button", { name: directory.nowHereClose.replace("{{name}}", bodo.name) }));
    await told.waitFor({ state: "detached" });

    // By text and state, said once one has asked; it stays with a reload.
    await type(page, page.getByLabel(directory.search), key);
    await page.getByRole("status").getByText(directory.found_other.replace("{{count}}", "3")).waitFor();
    expect(await page.getByRole("listitem").filter({ hasText: "@" }).count()).toBe(3);
    await enter(page, stateButton("busy"));
    await line(bodo).waitFor({ state: "detached" });
    await page.reload();
    await isSo(anna, "busy");
    expect(await line(bodo).count()).toBe(0);
    await anna.online();
    await line(anna).waitFor({ state: "detached" });
    await page.getByText(directory.nobody).waitFor();
    await enter(page, page.getByRole("button", { name: new RegExp(`^${directory.all} `) }));
    await isSo(anna, "here");

    // By groups.
    await page.getByLabel(directory.byGroup).focus();
    await page.keyboard.press("Space");
    const section = page.getByRole("region", { name: group });
    await section.getByText(directory.hereOf.replace("{{here}}", "2").replace("{{all}}", "2")).waitFor();
    await page.getByRole("region", { name: directory.noGroup }).getByText(cara.jid).waitFor();
    await axeFindsNothing(page);
    await page.evaluate("scrollTo(0, 0)");
    if (language === "en") await picture(page, "console-directory-groups");
    await page.getByLabel(directory.group, { exact: true }).selectOption({ label: group });
    await line(cara).waitFor({ state: "detached" });
    await section.getByText(anna.jid).waitFor();

    // Two in a conference are in a meeting, for as long as that lasts.
    const conference = `zz-${key}`;
    await anna.meet(conference);
    await bodo.meet(conference);
    await isSo(anna, "meeting");
    await isSo(bodo, "meeting");
    await bodo.meet(conference, "unavailable");
    await isSo(anna, "here");

    // Who goes, and who is hidden, at once and without a reload.
    await bodo.leave();
    await isSo(bodo, "offline");
    await ask(admin.page, "PUT", "/presence-rules", { ...defaultRules, within: "nobody" });
    await isSo(anna, "unknown");
    await isSo(bodo, "unknown");
    expect(await line(anna).locator("time").count()).toBe(0);
    await ask(admin.page, "PUT", "/presence-rules", defaultRules);
    await isSo(anna, "here");

    const chat = line(anna).getByRole("link", { name: directory.writeTo.replace("{{name}}", anna.name) });
    expect(await chat.getAttribute("href")).toMatch(/^\/chat\?tenant=[a-z-]+#converse\/chat\?jid=zz-anna-.*@/);
    await page.setViewportSize({ width: 390, height: 800 });
    await axeFindsNothing(page);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.evaluate("scrollTo(0, 0)");
    if (language === "en") await picture(page, "console-directory-narrow");
    expect(await page.getByText(ui.loading).count()).toBe(0);
    expect(watch).toEqual({ errors: [], foreign: [] });
    await context.close();
    await admin.context.close();
  },
  2 * STEP,
);

it(
  "who runs the service looks into the own tenant, and an address that names nobody shows nobody",
  async () => {
    const { directory } = texts.de;
    const { page, watch, context } = await signedIn(browser(), "operator");
    await enter(page, menu(page, directory.title));
    await page.getByRole("listitem").filter({ hasText: directory.you }).getByText("olaf.nissen@").waitFor();
    expect(await page.getByText(`@${domain}`).count()).toBe(0);
    await page.goto(`${consoleUrl}/directory?state=none&group=none`);
    await page.getByText(directory.nobody).waitFor();
    expect(watch).toEqual({ errors: [], foreign: [] });
    await context.close();
  },
  STEP,
);

it(
  "the way to write to somebody leads into the chat page, and there to a conversation",
  async () => {
    const { directory } = texts.de;
    const { page, context } = await signedIn(browser(), "user");
    await enter(page, menu(page, directory.title));
    const [other] = personWith("moderator").jid.split("@");
    const link = page
      .getByRole("listitem")
      .filter({ hasText: `${other}@` })
      .getByRole("link");
    const [chat] = await Promise.all([context.waitForEvent("page"), enter(page, link)]);
    chat.setDefaultTimeout(20_000);
    const { jid, password } = personWith("user");
    await chat.locator("#converse-login-jid").waitFor();
    await signInWith(chat, jid.split("@")[0] ?? "", password);
    await chat.locator(`converse-chat[jid="${personWith("moderator").jid}"] textarea.chat-textarea`).waitFor();
    await context.close();
  },
  STEP,
);

it(
  "a connection that is lost is told and comes back, and the end of the session leads to the sign-in",
  async () => {
    const { directory, signIn: signInTexts } = texts.de;
    const there = await signedIn(browser(), "user", "de", [/\/presence\/events\)$/]);
    const { page, watch, context } = there;
    await page.route("**/presence/events", (route) => route.abort());
    await enter(page, menu(page, directory.title));
    await page.getByText(directory.interrupted).waitFor();
    expect(await page.getByLabel(directory.search).count()).toBe(0);
    await page.unroute("**/presence/events");
    await page.getByLabel(directory.search).waitFor();
    await page.getByText(directory.interrupted).waitFor({ state: "detached" });

    const origin = { Origin: new URL(consoleUrl).origin };
    const { csrf } = z
      .object({ csrf: z.string() })
      .parse(await (await page.request.get(`${demo.http}/api/v1/session`)).json());
    await page.request.delete(`${demo.http}/api/v1/session`, { headers: { ...origin, "X-CSRF-Token": csrf } });
    await page.getByLabel(signInTexts.jid).waitFor({ timeout: 60_000 });
    expect(watch).toEqual({ errors: [], foreign: [] });
    await context.close();
  },
  2 * STEP,
);
