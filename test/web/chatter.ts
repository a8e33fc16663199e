import { afterAll, beforeAll } from "@jest/globals";
import type { XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, x } from "../../components/stanza.ts";
import { NS_MUC } from "../../components/xep/xep-0045-muc.ts";
import { newId } from "../../platform/ids.ts";
import { realStack, signInAs } from "../support/real.ts";
import { STEP } from "./console-user.ts";

/** Which person of the demo's first tenant: one without any right in the rooms of these tests. */
const CHATTER = 4;

/** Somebody who chats in rooms, by XMPP, while the console is used. */
interface Chatter {
  readonly client: XmppClient;
  /** The address of a room of the tenant, or of somebody in it. */
  readonly at: (room: string, nick?: string) => string;
  enter(room: string, nick: string): Promise<void>;
  /** Resolves when the room has said it. */
  say(room: string, text: string): Promise<void>;
}

/** One for all tests of a file: signed in before the first, out after the last. Gives what asks for it. */
export function chatterOfFile(): () => Chatter {
  const { demo } = realStack();
  const rooms = `rooms.${demo.tenants[0]?.domain ?? ""}`;
  const at = (room: string, nick?: string) => `${room}@${rooms}${nick === undefined ? "" : `/${nick}`}`;
  let client: XmppClient | undefined;
  beforeAll(async () => {
    client = await signInAs(demo, 0, CHATTER);
  }, STEP);
  afterAll(() => client?.stop());
  return () => {
    if (!client) throw new Error("the chatter is there within tests only");
    const here = client;
    return {
      ...{ client, at },
      enter: async (room, nick) => {
        await here.send(x("presence", { to: at(room, nick) }, x("x", { xmlns: NS_MUC })));
        await here.next(({ name, attrs }) => name === "presence" && attrs.from === at(room, nick), `enters ${room}`);
      },
      say: async (room, text) => {
        const id = newId();
        await here.send(x("message", { to: at(room), type: "groupchat", id }, x("body", {}, text)));
        await here.next((stanza) => stanza.name === "message" && attr(stanza, "id") === id, text);
      },
    };
  };
}
