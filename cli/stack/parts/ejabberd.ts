import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { componentSecret } from "../../../config/component-secret.ts";
import { ejabberdConfig } from "../../../config/ejabberd/generate.ts";
import { localCertificate } from "../certificate.ts";
import { messageOf, StackError } from "../error.ts";
import { repository, socketPath } from "../home.ts";
import type { XmppServer } from "../server-kind.ts";
import { asService, type ServiceUser } from "../service-user.ts";
import type { LocalServer } from "./prosody.ts";

/** Debian's place for Erlang libraries. */
const libraries = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
/** What ejabberd answers to an account that is there. */
const EXISTS = 10_090;

/** Asks its API over the socket; gives status and text. */
function ask(
  socket: string,
  command: string,
  body: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
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
    asked.end(JSON.stringify(body));
  });
}

/**
 * ejabberd in the home folder, for these tenants: a node by itself, which needs no name and no port of Erlang's own.
 * Tenants that come later need a restart.
 */
export function ejabberdServer(
  { home, secrets, user }: LocalServer,
  tenants: readonly { readonly domain: string; readonly partners: readonly string[] }[],
): XmppServer {
  const folder = join(home.folder, "ejabberd");
  const spool = join(folder, "data");
  mkdirSync(spool, { recursive: true, mode: 0o700 });
  const domains = tenants.map(({ domain }) => domain);
  const { certificate, key } = localCertificate(home, domains, user);
  const socket = socketPath(home, "ejabberd/api.sock", user?.uid);
  const file = join(folder, "ejabberd.yml");
  const { clients, components, prosodyHttp: http } = home.ports;
  const config = {
    ...{ tenants, ports: { clients, components, http }, apiSocket: socket, certificates: [certificate, key] },
    ...{ plainStreams: true, maxStanzaBytes: 262_144 },
  };
  writeFileSync(
    file,
    ejabberdConfig(config, (domain) => componentSecret(secrets.xmpp, domain)),
    { mode: 0o600 },
  );
  if (user) for (const path of [folder, spool, file]) chownSync(path, user.uid, user.gid);
  return ejabberdNode({ folder, file, spool, socket, port: clients, modules: plugins(folder, user) }, user);
}

/** Compiles our own modules with the compiler that comes with Erlang; gives the folder they are in. */
function plugins(folder: string, user: ServiceUser | undefined): string {
  const made = join(folder, "modules");
  mkdirSync(made, { recursive: true, mode: 0o700 });
  const source = join(repository, "config", "ejabberd", "plugins", "mod_kontor_tenants.erl");
  try {
    execFileSync("erlc", ["-o", made, source], { stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new StackError(`mod_kontor_tenants does not compile: ${messageOf(error)}`);
  }
  if (user)
    for (const path of [made, ...readdirSync(made).map((name) => join(made, name))])
      chownSync(path, user.uid, user.gid);
  return made;
}

/** An ejabberd with this configuration, which offers its API at the socket to whoever may open it. */
export function ejabberdNode(
  node: {
    readonly folder: string;
    readonly file: string;
    readonly spool: string;
    readonly socket: string;
    readonly port: number;
    /** Where modules of ours are, compiled. */
    readonly modules?: string;
  },
  user: ServiceUser | undefined,
): XmppServer {
  const { folder, file, spool, socket, port, modules } = node;
  const own = modules === undefined ? [] : ["-pa", modules];
  // An idle scheduler that spins takes the time of those beside it.
  const idle = ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"];
  const args = [...idle, "-noinput", "-noshell", ...own, "-mnesia", "dir", `"${spool}"`, "-s", "ejabberd"];
  return {
    part: {
      name: "ejabberd",
      port,
      ...asService(user, "erl", args, [file]),
      cwd: "/",
      env: {
        ...{ PATH: process.env.PATH, LC_ALL: "C.UTF-8", HOME: folder, ERL_LIBS: libraries },
        ...{ EJABBERD_CONFIG_PATH: file, EJABBERD_LOG_PATH: join(folder, "ejabberd.log") },
      },
      stopSignal: "SIGTERM",
      stopSeconds: 20,
      prepare: () => rmSync(socket, { force: true }),
      ready: async () => (await ask(socket, "status", {})).status === 200,
    },
    createAccounts: async (passwords) => {
      for (const [jid, password] of passwords) {
        const [name, host] = jid.split("@");
        const { status, text } = await ask(socket, "register", { user: name, host, password });
        const there = text.includes(`"code":${EXISTS}`);
        if (status !== 200 && !there) throw new StackError(`ejabberd makes no account ${jid}: ${status} ${text}`);
      }
    },
  };
}
