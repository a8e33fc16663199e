/** What an owner does with a room, and whom it lets in, by the dialogues of Converse.js. */
import { randomBytes } from "node:crypto";
import { afterEach, expect, it } from "@jest/globals";
import { browserOfFile, picture, type Visitor } from "../support/browser.ts";
import { realStack } from "../support/real.ts";
import { actOnRoom, confirm, forgetRooms, joinRoom, messageOf, say, signedIn } from "./chat-user.ts";

const STEP = 120_000;
const { demo } = realStack();
const url = `${demo.http}/chat?tenant=${demo.tenants[0]?.id}`;
const browser = browserOfFile();
const unique = () => randomBytes(3).toString("hex");
const [, , , , svenja] = demo.tenants[0]?.people ?? [];
let people: Visitor[] = [];

afterEach(async () => {
  for (const { context } of people) await context.close();
  people = [];
  await forgetRooms(demo, [0, 4]);
}, STEP);

it(
  "an owner configures a room, invites somebody into it and makes her an administrator",
  async () => {
    const name = `ausschuss-${unique()}`;
    const owner = await signedIn(browser(), url, demo, 0, 0);
    const guest = await signedIn(browser(), url, demo, 0, 4);
    people.push(owner, guest);
    await joinRoom(owner.page, name);

    // The form as the room gives it, in the reader's language.
    await actOnRoom(owner.page, "configure-chatroom");
    const form = owner.page.locator("converse-muc-config-modal form");
    const title = `Finanzausschuss ${unique()}`;
    await form.locator("input[name='muc#roomconfig_roomname']").fill(title);
    await form.getByLabel("Nur für Mitglieder").check();
    await picture(owner.page, "chat-configure");
    await form.locator("input[type=submit]").click();
    await form.waitFor({ state: "hidden" });
    await owner.page.locator("converse-muc-heading .chatbox-title__text", { hasText: title }).waitFor();

    // Who was not asked does not get in; who is invited does.
    await owner.page.locator("converse-muc-sidebar converse-dropdown button.dropdown-toggle").click();
    await owner.page.locator(".open-invite-modal").click();
    const invite = owner.page.locator("converse-muc-invite-modal form");
    await invite.locator("input[name=invitee_jids]").fill(svenja?.jid ?? "");
    await invite.locator("textarea[name=reason]").fill("Morgen um neun");
    await invite.locator("input[type=submit]").click();
    const asked = guest.page.locator("converse-confirm-modal", { hasText: "Morgen um neun" });
    await asked.waitFor();
    expect(await asked.textContent()).toContain(name);
    await picture(guest.page, "chat-invited");
    await confirm(guest.page);
    const word = unique();
    await guest.page.locator("converse-muc textarea.chat-textarea").waitFor();
    await say(guest.page, `Guten Tag ${word}`);
    await messageOf(owner.page, word).waitFor();

    // She is in the list of members, and then in that of administrators.
    const entryIn = async (affiliation: string) => {
      await tools.locator("select.select-affiliation[name=affiliation]").first().selectOption(affiliation);
      await tools.locator("input[name=users_with_affiliation]").click();
      return tools.locator(".list-group--users > li", { hasText: svenja?.jid ?? "" });
    };
    await actOnRoom(owner.page, "moderate-chatroom");
    const tools = owner.page.locator("converse-modtools");
    const member = await entryIn("member");
    await member.waitFor();
    await member.locator(".toggle-form").click();
    await member.locator("select.select-affiliation").selectOption("admin");
    await member.locator("input[name=reason]").fill("Vertretung");
    await picture(owner.page, "chat-members");
    await member.locator("button[name=change]").click();
    await guest.page.locator("converse-muc-heading converse-dropdown button.dropdown-toggle").click();
    await guest.page.locator("converse-muc-heading .moderate-chatroom-button").waitFor();
    await (await entryIn("admin")).waitFor();
    for (const { watch } of people) expect(watch).toEqual({ errors: [], foreign: [] });
  },
  STEP,
);
