import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Client, client, xml } from "@xmpp/client";

/** A real client whose stanzas are written as XML text. */
export class Person {
  readonly #client: Client;
  readonly #jid: string;
  #inbox: string[] = [];
  #count = 0;

  private constructor(xmpp: Client, jid: string) {
    this.#client = xmpp;
    this.#jid = jid;
  }

  /** Signs in by SCRAM over a plain stream with resource `test`, and becomes available. */
  static async signIn(service: string, jid: string, password: string): Promise<Person> {
    const [username = "", domain = ""] = jid.split("@");
    const xmpp = client({ service, domain, username, password, resource: "test" });
    const person = new Person(xmpp, jid);
    // The local certificate is signed by nobody, and the library would insist; it also counts no stanza that is
    // written as text. So it does not see STARTTLS and stream management offered.
    xmpp.prependListener("element", (element) => {
      if (!element.is("features")) return;
      element.children = element.children.filter(
        (child) => typeof child === "string" || !["starttls", "sm"].includes(child.name),
      );
    });
    xmpp.on("stanza", (stanza) => person.#inbox.push(stanza.toString()));
    xmpp.on("error", (error) => person.#inbox.push(String(error)));
    await xmpp.start();
    await xmpp.send(xml("presence"));
    await person.allUntilNow();
    return person;
  }

  async send(stanza: string): Promise<void> {
    await this.#client.write(stanza);
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
    const domain = this.#jid.split("@")[1];
    await this.send(`<iq type='get' id='${id}' to='${domain}'><ping xmlns='urn:xmpp:ping'/></iq>`);
    while (!this.#inbox.some((text) => text.includes(`id="${id}"`))) await once(this.#client, "stanza");
    const own = new RegExp(`^<presence[^>]* from="${this.#jid}/test"|<privilege |id="${id}"`);
    const all = this.#inbox.filter((text) => !own.test(text));
    this.#inbox = [];
    return all;
  }

  async close(): Promise<void> {
    await this.#client.stop();
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
      await Promise.race([once(this.#socket, "data"), once(this.#socket, "close")]);
    }
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    const closed = once(this.#socket, "close");
    if (this.#socket.writable) this.#socket.end("</stream:stream>");
    await closed;
  }
}
