import { describe, expect, it } from "@jest/globals";
import type { Page } from "playwright-core";
import { z } from "zod";
import { attr } from "../../components/stanza.ts";
import { NS_MUC_USER } from "../../components/xep/xep-0045-muc.ts";
import { axeFindsNothing } from "../support/axe.ts";
import { browserOfFile, picture } from "../support/browser.ts";
import { eventually, realStack } from "../support/real.ts";
import { chatterOfFile } from "./chatter.ts";
import {
  ask,
  enter,
  type Language,
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

/** Rooms in the console, by keyboard alone, while somebody chats in them. */

const { demo } = realStack();
const domain = demo.tenants[0]?.domain ?? "";

const browser = browserOfFile();
const chatter = chatterOfFile();

const of = (page: Page, action: string, name: string) => page.getByRole("button", { name: `${action}: ${name}` });
/** Waits until the room says that who is here under this nick is out, and gives the codes of why. */
async function putOut(room: string, nick: string): Promise<unknown[]> {
  const { client, at } = chatter();
  const gone = await client.next(
    ({ name, attrs }) => name === "presence" && attrs.type === "unavailable" && attrs.from === at(room, nick),
    `${nick} is out of ${room}`,
  );
  return (gone.getChild("x", NS_MUC_USER)?.getChildren("status") ?? []).map((status) => attr(status, "code"));
}

async function confirm(page: Page, action: string, reason: string, language: Language): Promise<void> {
  const dialog = page.getByRole("dialog");
  await type(page, dialog.getByLabel(texts[language].ui.reason), reason);
  await axeFindsNothing(page);
  await enter(page, dialog.getByRole("button", { name: action, exact: true }));
  await dialog.waitFor({ state: "detached" });
}

/** A picture of one dot. */
const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** Somebody says things while the console reads along; one is taken back. */
async function readAlong(page: Page, name: string, language: Language): Promise<void> {
  const { room } = texts[language];
  const log = page.getByRole("log", { name: room.live });
  const word = unique("laut");
  await chatter().say(name, `Vorher ${word}`);
  await type(page, page.getByLabel(room.liveReason), "Beschwerde über den Ton");
  await enter(page, page.getByRole("button", { name: room.liveStart, exact: true }));
  await log.getByText(`Vorher ${word}`).waitFor();
  await chatter().say(name, `Nachher ${word}`);
  await log.getByText(`Nachher ${word}`).waitFor();
  await axeFindsNothing(page);
  if (language === "de") await picture(page, "console-room-live");
  await enter(page, log.getByRole("button", { name: room.takeBackOf.replace("{{name}}", "Svenja") }).last());
  await confirm(page, room.takeBack, "Beleidigung", language);
  await log.getByText(room.takenBack).waitFor();
  expect(await log.getByText(`Nachher ${word}`).count()).toBe(0);
  await enter(page, page.getByRole("button", { name: room.liveEnd }));
}

/** The invitation of Malte Jensen, and of somebody who is not there. */
async function takeBackInvitation(page: Page, name: string, language: Language): Promise<void> {
  const { room, roomInvitations } = texts[language];
  const { states, withdraw } = roomInvitations;
  const dialog = page.getByRole("dialog");
  const list = page.getByRole("region", { name: roomInvitations.title });
  await enter(page, page.getByRole("button", { name: room.invite, exact: true }));
  await type(page, dialog.getByLabel(room.inviteJids), `niemand@${domain}`);
  await confirm(page, room.invite, "Thema Haushalt", language);
  await list.getByRole("row", { name: `niemand@${domain}` }).waitFor();
  // The server sends it back as soon as it has looked for the person.
  const failed = `${demo.http}/api/v1/tenants/${tenantId}/rooms/${name}/invitations?state=failed`;
  await eventually(
    async () =>
      z.object({ items: z.tuple([z.unknown()]) }).safeParse(await (await page.request.get(failed)).json()).data,
    "it came back",
  );
  await enter(page, of(page, room.reload, roomInvitations.title));
  await list
    .getByRole("row", { name: new RegExp(`niemand@.*${states.failed}.*${roomInvitations.failed.unknown}`) })
    .waitFor();
  await axeFindsNothing(page);
  if (language === "de") {
    await page.getByRole("heading", { name: roomInvitations.title }).scrollIntoViewIfNeeded();
    await picture(page, "console-room-invitations");
  }
  await enter(page, of(page, withdraw, "Malte Jensen"));
  await confirm(page, withdraw, "doch nicht", language);
  await page.getByText(roomInvitations.withdrawn.replace("{{name}}", "Malte Jensen")).waitFor();
  await list.getByRole("row", { name: new RegExp(`Malte Jensen .*${states.withdrawn}`) }).waitFor();
  expect(await of(page, withdraw, "Malte Jensen").count()).toBe(0);
  await tabTo(page, list.getByLabel(roomInvitations.state));
  await page.keyboard.press("End");
  await list.getByRole("row", { name: /niemand@/ }).waitFor({ state: "detached" });
  await list.getByRole("row", { name: new RegExp(`Malte Jensen .*${states.withdrawn}`) }).waitFor();
}

/** Subject, picture, an invitation, and the voice of who is inside. */
async function actOn(page: Page, name: string, language: Language): Promise<void> {
  const { room, ui } = texts[language];
  const dialog = page.getByRole("dialog");
  await enter(page, page.getByRole("button", { name: room.subjectChange }));
  await type(page, dialog.getByLabel(room.subject), `Haushalt ${name}`);
  await confirm(page, ui.save, "neue Tagesordnung", language);
  await page
    .getByRole("definition")
    .filter({ hasText: `Haushalt ${name}` })
    .waitFor();

  await enter(page, page.getByRole("button", { name: room.pictureSet }));
  await enter(page, dialog.getByRole("button", { name: ui.save }));
  await dialog.getByText(ui.required).first().waitFor();
  const file = { name: "punkt.png", mimeType: "image/png", buffer: Buffer.from(DOT, "base64") };
  await dialog.getByLabel(room.pictureFile).setInputFiles(file);
  await confirm(page, ui.save, "Erkennungszeichen", language);
  await page.getByAltText(room.picture).waitFor();

  await enter(page, page.getByRole("button", { name: room.invite, exact: true }));
  await type(page, dialog.getByLabel(room.findPerson), "malte.jensen");
  await enter(page, dialog.getByRole("button", { name: `${room.take}: Malte Jensen` }));
  await of(page, room.leaveOut, "Malte Jensen").waitFor();
  if (language === "de") await picture(page, "console-room-invite");
  await confirm(page, room.invite, "Thema Haushalt", language);
  await page.getByText(room.invited_one).waitFor();
  await takeBackInvitation(page, name, language);

  await enter(page, of(page, room.changeRole, "Svenja"));
  await tabTo(page, dialog.getByLabel(room.insideRole));
  await page.keyboard.press("End");
  await confirm(page, ui.save, "nur zuhören", language);
  await page.getByRole("row", { name: new RegExp(`Svenja .*${room.roles.visitor}`) }).waitFor();
}

describe.each(languages)("in %s", (language) => {
  const { rooms, room, archive, audit, ui } = texts[language];

  it(
    "a room is added, filled, set, watched, cleared and destroyed",
    async () => {
      const { page, watch, context } = await signedIn(browser(), "tenant-administrator", language);
      const name = unique("rat");
      const title = `Rat ${name}`;
      const dialog = page.getByRole("dialog");
      await enter(page, menu(page, rooms.title));
      await page.getByRole("heading", { name: rooms.numbers }).waitFor();
      await enter(page, page.getByRole("button", { name: rooms.create }));
      await type(page, dialog.getByLabel(rooms.name), name);
      await type(page, dialog.getByLabel(room.settings.title), title);
      await axeFindsNothing(page);
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      await type(page, page.getByLabel(ui.search, { exact: true }), name);
      await page.getByRole("row", { name: new RegExp(`${title} ${name}`) }).waitFor();
      await axeFindsNothing(page);
      await enter(page, page.getByRole("link", { name: title }));
      await page.getByRole("heading", { name: title, level: 1 }).waitFor();
      await page.getByText(room.nobodyInside).waitFor();

      await enter(page, of(page, room.addMember, room.members));
      await type(page, dialog.getByLabel(room.findPerson), "malte.jensen");
      await enter(page, dialog.getByRole("button", { name: `${room.take}: Malte Jensen` }));
      expect(await dialog.getByLabel(room.jid).inputValue()).toBe(`malte.jensen@${domain}`);
      await confirm(page, ui.save, "leitet den Rat", language);
      await page.getByRole("row", { name: new RegExp(`Malte Jensen .*${room.affiliations.member}`) }).waitFor();

      await chatter().enter(name, "Svenja");
      await enter(page, of(page, room.reload, room.inside));
      await page.getByRole("row", { name: new RegExp(`Svenja .*${room.roles.participant}`) }).waitFor();
      await axeFindsNothing(page);
      if (language === "de") {
        await page.evaluate("scrollTo(0, 0)");
        await picture(page, "console-room");
      }
      await readAlong(page, name, language);
      await actOn(page, name, language);
      await enter(page, of(page, room.kick, "Svenja"));
      await confirm(page, room.kick, "stört", language);
      expect(await putOut(name, "Svenja")).toContain("307");
      await page.getByText(room.nobodyInside).waitFor();

      await tabTo(page, page.getByLabel(room.settings.membersOnly));
      await page.keyboard.press("Space");
      await type(page, page.getByLabel(room.settings.history), "201");
      await page.keyboard.press("Enter");
      await page.getByText(ui.outOfRange.replace("{{min}}", "0").replace("{{max}}", "200")).waitFor();
      await type(page, page.getByLabel(room.settings.history), "50");
      await page.keyboard.press("Enter");
      await page.getByText(ui.saved).waitFor();
      await page.reload();
      await page.getByLabel(room.settings.history).waitFor();
      expect(await page.getByLabel(room.settings.membersOnly).isChecked()).toBe(true);
      expect(await page.getByLabel(room.settings.history).inputValue()).toBe("50");
      if (language === "de") {
        await page.getByRole("heading", { name: room.config }).scrollIntoViewIfNeeded();
        await picture(page, "console-room-settings");
      }

      await enter(page, of(page, room.ban, "Malte Jensen"));
      await confirm(page, room.ban, "nicht mehr dabei", language);
      await page.getByRole("row", { name: new RegExp(`${room.affiliations.outcast}.*nicht mehr dabei`) }).waitFor();
      await enter(page, of(page, room.lift, "Malte Jensen"));
      await confirm(page, room.lift, "doch dabei", language);
      await page.getByText(room.noMembers).waitFor();
      await enter(page, page.getByRole("button", { name: room.destroy }));
      await type(page, dialog.getByLabel(room.alternate), "plenum");
      await confirm(page, room.destroy, "aufgelöst", language);
      await page.getByRole("heading", { name: rooms.title, level: 1 }).waitFor();
      await type(page, page.getByLabel(ui.search, { exact: true }), name);
      await page.getByText(ui.noneFound).waitFor();
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    3 * STEP,
  );

  it(
    "the archive is read with a reason alone, and the reading is in the audit log",
    async () => {
      const name = unique("beirat");
      const word = unique("wort");
      const made = await signedIn(browser(), "tenant-administrator", language);
      await ask(made.page, "POST", "/rooms", { name, config: { title: `Beirat ${name}` } });
      await made.context.close();
      await chatter().enter(name, "Svenja");
      await chatter().say(name, "Guten Morgen");
      await chatter().say(name, `Die Vorlage ${word} liegt aus`);
      await chatter().say(name, "Danke");

      const { page, watch, context } = await signedIn(browser(), "dpo", language);
      const reason = `Beschwerde ${unique("az")}`;
      await enter(page, menu(page, rooms.title));
      await page.getByRole("row").nth(1).waitFor();
      expect(await page.getByRole("button", { name: rooms.create }).count()).toBe(0);
      if (language === "de") await picture(page, "console-rooms");
      await type(page, page.getByLabel(ui.search, { exact: true }), name);
      await enter(page, page.getByRole("link", { name: `Beirat ${name}` }));
      await page.getByRole("row", { name: /Svenja/ }).waitFor();
      expect(await of(page, room.kick, "Svenja").count()).toBe(0);
      await enter(page, page.getByRole("link", { name: room.searchArchive }));
      await page.getByText(archive.warning).waitFor();
      await axeFindsNothing(page);
      await enter(page, page.getByRole("button", { name: archive.search }));
      await page.getByText(ui.required).waitFor();
      if (language === "de") await picture(page, "console-archive-reason");
      await type(page, page.getByLabel(archive.reason), reason);
      await type(page, page.getByLabel(archive.words), word);
      await page.keyboard.press("Enter");
      await page.getByText(archive.readingFor.replace("{{reason}}", reason)).waitFor();
      const row = page.getByRole("row", { name: new RegExp(`Die Vorlage ${word} liegt aus`) });
      await row.waitFor();
      expect(await page.locator("mark").allTextContents()).toContain(word);
      expect(await page.getByText("Guten Morgen").count()).toBe(0);
      await axeFindsNothing(page);
      if (language === "de") await picture(page, "console-archive");
      await enter(page, row.getByRole("button"));
      const dialog = page.getByRole("dialog");
      await dialog.getByText("Guten Morgen").waitFor();
      await dialog.getByText("Danke").waitFor();
      await axeFindsNothing(page);
      if (language === "de") await picture(page, "console-archive-context");
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      // All rooms: not without a word; each message with the room it is from.
      await enter(page, page.getByRole("button", { name: archive.again }));
      await type(page, page.getByLabel(archive.reason), reason);
      await page.getByRole("combobox", { name: archive.room }).selectOption({ label: archive.allRooms });
      await enter(page, page.getByRole("button", { name: archive.search }));
      await page.getByText(archive.wordsNeeded).waitFor();
      await axeFindsNothing(page);
      await type(page, page.getByLabel(archive.words), word);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: archive.resultsOfAll }).waitFor();
      const found = page.getByRole("row", { name: new RegExp(word) });
      await found.getByRole("link", { name: `Beirat ${name}` }).waitFor();
      await axeFindsNothing(page);
      if (language === "de") await picture(page, "console-archive-all");
      await enter(page, found.getByRole("button"));
      await dialog.getByText("Guten Morgen").waitFor();
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      await enter(page, found.getByRole("link"));
      await page.getByRole("heading", { name: `Beirat ${name}` }).waitFor();
      await enter(page, menu(page, audit.title));
      await page.getByRole("row").filter({ hasText: reason }).filter({ hasText: "archive:read" }).first().waitFor();
      expect(watch).toEqual({ errors: [], foreign: [] });
      await context.close();
    },
    2 * STEP,
  );
});

it(
  "a moderator puts people out, and neither sets rooms nor reads the archive",
  async () => {
    const { rooms, room } = texts.de;
    const made = await signedIn(browser(), "tenant-administrator");
    const name = unique("ag");
    await ask(made.page, "POST", "/rooms", { name });
    await made.context.close();
    const { page, context } = await signedIn(browser(), "moderator");
    await page.goto(`${demo.http}/console/rooms/${name}`);
    await of(page, room.addMember, room.members).waitFor();
    expect(await page.getByRole("heading", { name: room.config }).count()).toBe(0);
    expect(await page.getByRole("button", { name: room.destroy }).count()).toBe(0);
    expect(await page.getByRole("link", { name: room.searchArchive }).count()).toBe(0);
    await page.goto(`${demo.http}/console/archive`);
    await page.getByRole("heading", { name: texts.de.app.nothing }).waitFor();
    await enter(page, menu(page, rooms.title));
    await axeFindsNothing(page);
    const refused = await page.request.get(`${demo.http}/api/v1/tenants/${tenantId}/rooms/${name}/archive`, {
      headers: { "X-Reason": "Neugier" },
    });
    expect(refused.status()).toBe(403);
    await context.close();
  },
  STEP,
);

it.each(languages)(
  "rules for rooms are set and read again, in %s",
  async (language) => {
    const { rooms, room, roomRules, ui } = texts[language];
    const { page, watch, context } = await signedIn(browser(), "tenant-administrator", language);
    const reserved = unique("vorbehalten");
    await enter(page, menu(page, rooms.title));
    await enter(page, page.getByRole("link", { name: roomRules.link }));
    const names = page.getByLabel(roomRules.reservedNames);
    await names.waitFor();
    await axeFindsNothing(page);
    const before = await names.inputValue();
    const save = async (text: string) => {
      await type(page, names, text === "" ? " " : text);
      await tabTo(page, page.getByLabel(room.settings.registration));
      await page.keyboard.press("Space");
      await type(page, page.getByLabel(ui.reason), "Beschluss des Rats");
      await enter(page, page.getByRole("button", { name: ui.save }));
      await page.getByText(roomRules.saved).first().waitFor();
    };
    const registration = await page.getByLabel(room.settings.registration).isChecked();
    await save(`${before}\n${reserved}`);
    await page.reload();
    await names.waitFor();
    expect((await names.inputValue()).split("\n")).toContain(reserved);
    expect(await page.getByLabel(room.settings.registration).isChecked()).toBe(!registration);
    if (language === "de") await picture(page, "console-room-rules");
    await save(before);
    expect(watch).toEqual({ errors: [], foreign: [] });
    await context.close();
  },
  STEP,
);
