import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type SignIn, signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";

/** A real client whose stanzas are written as XML text, and who takes note of all that comes in. */
export class Person {
  readonly #client: XmppClient;
  #inbox: string[] = [];
  #arrived: () => void = () => undefined;
  #count = 0;

  private constructor(client: XmppClient) {
    this.#client = client;
    client.onStanza((stanza) => {
      this.#inbox.push(stanza.toString());
      this.#arrived();
    });
  }

  /** Signs in with resource `test`, and becomes available. */
  static async signIn(options: SignIn): Promise<Person> {
    const person = new Person(await signIn({ ...options, resource: "test" }));
    await person.send("<presence/>");
    await person.allUntilNow();
    return person;
  }

  send(stanza: string): Promise<void> {
    return this.#client.write(stanza);
  }

  /** Sends with an id of its own and gives the stanza that answers it. */
  async sendForAnswer(stanza: string): Promise<string> {
    const id = `a${++this.#count}`;
    await this.send(stanza.replace(/^<(\w+)/, `<$1 id='${id}'`));
    const all = await this.allUntilNow();
    return all.find((text) => text.includes(`id="${id}"`)) ?? `no answer, but ${all.join()}`;
  }

  /**
   * All that arrived before the server's answer to a ping of now. The server handles stanzas one after the other, so
   * what another client's answered stanza caused has arrived by then as well.
   */
  async allUntilNow(): Promise<string[]> {
    const id = `p${++this.#count}`;
    const domain = this.#client.jid.replace(/^.*@|\/.*$/g, "");
    await this.send(`<iq type='get' id='${id}' to='${domain}'><ping xmlns='urn:xmpp:ping'/></iq>`);
    while (!this.#inbox.some((text) => text.includes(`id="${id}"`))) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    const own = new RegExp(`^<presence[^>]* from="${this.#client.jid}"|<privilege |id="${id}"`);
    const all = this.#inbox.filter((text) => !own.test(text));
    this.#inbox = [];
    return all;
  }

  /** Resolves with the first stanza that holds the text, now or when it comes. */
  async next(text: string): Promise<string> {
    for (;;) {
      const found = this.#inbox.find((stanza) => stanza.includes(text));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  close(): Promise<void> {
    return this.#client.stop();
  }
}

/** A component stream (XEP-0114) as plain text, so that it can misbehave. */
export class ComponentUnderTest {
  readonly #socket: Socket;
  /** All that the server ever sent. */
  everything = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8").on("data", (text) => {
      this.everything += text;
    });
  }

  /** Opens and authenticates; throws with the server's words when it refuses. */
  static async open(port: number, domain: string, secret: string): Promise<ComponentUnderTest> {
    const component = new ComponentUnderTest(connect({ host: "127.0.0.1", port }));
    const namespaces = "xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'";
    await component.send(`<stream:stream ${namespaces} to='${domain}'>`);
    const header = await component.next("<stream:stream");
    const id = /\bid='([^']+)'/.exec(header)?.[1] ?? "";
    await component.send(
      `<handshake>${createHash("sha1")
        .update(id + secret)
        .digest("hex")}</handshake>`,
    );
    const answer = await component.next("<handshake|stream:error");
    if (answer.includes("stream:error")) throw new Error(answer);
    return component;
  }

  async send(text: string): Promise<void> {
    this.#socket.write(text);
  }

  /** All that was sent once it holds the pattern and the element around it is whole. */
  async next(pattern: string): Promise<string> {
    const wanted = new RegExp(`(<[^<]*)?(?:${pattern})[\\s\\S]*>`);
    for (;;) {
      const found = wanted.exec(this.everything);
      if (found) return found[0];
      if (this.#socket.destroyed) throw new Error(`closed; the server sent ${this.everything}`);
      const over = new AbortController();
      const { signal } = over;
      await Promise.race([once(this.#socket, "data", { signal }), once(this.#socket, "close", { signal })]);
      // Nothing of this listens on.
      over.abort();
    }
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    const closed = once(this.#socket, "close");
    if (this.#socket.writable) this.#socket.end("</stream:stream>");
    await closed;
  }
}
