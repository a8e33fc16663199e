import { expect, it } from "@jest/globals";
import type { XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, type Element, x } from "../../components/stanza.ts";
import { browserOfFile, picture } from "../support/browser.ts";
import { groupsWorld } from "../support/groups-world.ts";
import { realStack } from "../support/real.ts";
import { atSignIn, signInWith } from "./chat-user.ts";

const STEP = 120_000;
const { demo } = realStack();
const browser = browserOfFile();

it(
  "a group of the tenant appears among the contacts, and a colleague is busy while he is in a conference",
  async () => {
    const world = await groupsWorld("kontakte");
    for (const [local, name] of [
      ["anke", "Anke Thomsen"],
      ["bert", "Bert Lorenzen"],
      ["cleo", "Cleo Hansen"],
    ] as const) {
      await world.add(local, name);
    }
    await world.addGroup("Haushalt", ["anke", "bert"]);
    const [bert, cleo] = [await world.there("bert"), await world.there("cleo")];
    const anke = await atSignIn(browser(), `${demo.http}/chat?tenant=${world.api.tenant.id}`);
    const { page } = anke;
    await signInWith(page, "anke", world.signInOf("anke").password);

    const group = page.locator('.roster-group[data-group="Haushalt"]');
    const colleague = (status: string) =>
      group.locator(`li[data-status="${status}"]`, { has: page.locator(`[data-jid="${world.jid("bert")}"]`) });
    await colleague("online").waitFor();
    expect(await colleague("online").locator(".contact-name").textContent()).toContain("Bert Lorenzen");

    const inConference = (nick: string) => `planung@conference.${world.domain}/${nick}`;
    const join = async (client: XmppClient, nick: string) => {
      const to = inConference(nick);
      await client.send(x("presence", { to }, x("x", { xmlns: "http://jabber.org/protocol/muc" })));
      await client.next((stanza: Element) => stanza.is("presence") && attr(stanza, "from") === to, `${nick} is in`);
    };
    await join(bert, "Bert");
    await join(cleo, "Cleo");
    await colleague("dnd").waitFor();
    await colleague("dnd").locator(".chat-status").waitFor();
    await picture(page, "chat-busy-colleague");

    await cleo.send(x("presence", { to: inConference("Cleo"), type: "unavailable" }));
    await colleague("online").waitFor();

    expect(anke.watch).toEqual({ errors: [], foreign: [] });
    await anke.context.close();
    await world.close();
  },
  STEP,
);
