import { request } from "node:http";
import { StackError } from "./error.ts";
import { type Home, socketPath } from "./home.ts";
import type { ServiceUser } from "./service-user.ts";

/** Commands of a running ejabberd (mod_http_api) over a socket that only who may run them can open. */
export interface EjabberdApi {
  readonly socket: string;
  /** Runs a command and gives what it answers. Throws StackError with its words when it refuses. */
  call(command: string, parameters?: Readonly<Record<string, string>>): Promise<unknown>;
  /** Makes those of these accounts that are missing. */
  createAccounts(passwords: ReadonlyMap<string, string>): Promise<void>;
}

/** What ejabberd answers to an account that is there. */
const EXISTS = 10_090;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The ejabberd of a home. */
export function ejabberdApi(home: Home, user: ServiceUser | undefined): EjabberdApi {
  return ejabberdApiAt(socketPath(home, "ejabberd/api.sock", user?.uid));
}

/** The ejabberd that offers its API at this socket. */
export function ejabberdApiAt(socket: string): EjabberdApi {
  return {
    socket,
    call: async (command, parameters = {}) => {
      const { status, text } = await ask(socket, command, parameters);
      if (status !== 200) throw new StackError(`ejabberd does not carry out ${command}: ${status} ${text}`);
      return JSON.parse(text);
    },
    createAccounts: async (passwords) => {
      for (const [jid, password] of passwords) {
        const [user = "", host = ""] = jid.split("@");
        const { status, text } = await ask(socket, "register", { user, host, password });
        const there = text.includes(`"code":${EXISTS}`);
        if (status !== 200 && !there) throw new StackError(`ejabberd makes no account ${jid}: ${status} ${text}`);
      }
    },
  };
}

function ask(socket: string, command: string, parameters: Readonly<Record<string, string>>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath: socket, path: `/api/${command}`, method: "POST", timeout: 10_000 },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => {
          text += piece;
        });
        answer.once("end", () => resolve({ status: answer.statusCode ?? 0, text }));
        answer.once("error", reject);
      },
    );
    asked.once("timeout", () => asked.destroy(new Error("ejabberd does not answer")));
    asked.once("error", reject);
    asked.end(JSON.stringify(parameters));
  });
}
