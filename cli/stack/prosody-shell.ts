import { connect } from "node:net";
import { luaString } from "../../config/prosody/lua.ts";
import { messageOf, StackError } from "./error.ts";

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const escapeXml = (text: string): string => text.replace(/[&<>]/g, (letter) => escapes[letter] ?? letter);

/**
 * Runs lines in Prosody's shell over its admin socket (mod_admin_shell, mod_admin_socket) and gives the result of each.
 * Unlike prosodyctl this needs one connection for all, and no secret appears on a command line.
 */
export function prosodyShell(socket: string, lines: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const results: string[] = [];
    let buffer = "";
    const stream = connect(socket);
    const fail = (why: string): void => {
      stream.destroy();
      reject(new StackError(`Prosody's admin socket ${socket}: ${why}`));
    };
    const next = (): void => {
      const line = lines[results.length];
      if (line !== undefined) stream.write(`<repl-input>${escapeXml(line)}</repl-input>`);
      else {
        stream.end("</stream:stream>");
        resolve(results);
      }
    };
    stream.setTimeout(20_000, () => fail("no answer"));
    stream.once("error", (error) => fail(messageOf(error)));
    stream.once("close", () => fail("closed before all was done"));
    stream.on("data", (chunk) => {
      buffer += chunk.toString();
      for (;;) {
        const found = /<repl-result\b[^>]*?(?:\/>|>([\s\S]*?)<\/repl-result>)/.exec(buffer);
        if (!found) return;
        buffer = buffer.slice(found.index + found[0].length);
        results.push(found[1] ?? "");
        next();
      }
    });
    stream.write("<stream:stream xmlns='xmpp:prosody.im/admin' xmlns:stream='http://etherx.jabber.org/streams'>");
    next();
  });
}

/** Makes those of these accounts that are missing; throws StackError with what Prosody says. */
export async function createAccounts(socket: string, passwords: ReadonlyMap<string, string>): Promise<void> {
  const people = [...passwords];
  const lines = people.map(([jid, password]) => `user:create(${luaString(jid)}, ${luaString(password)})`);
  const results = await prosodyShell(socket, lines);
  results.forEach((result, index) => {
    if (!/User created|User exists/.test(result)) throw new StackError(`account ${people[index]?.[0]}: ${result}`);
  });
}
