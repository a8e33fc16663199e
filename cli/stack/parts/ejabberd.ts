import { execFileSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { componentSecret } from "../../../config/component-secret.ts";
import { ejabberdConfig } from "../../../config/ejabberd/generate.ts";
import { localCertificate } from "../certificate.ts";
import { ejabberdApi, ejabberdApiAt } from "../ejabberd-api.ts";
import { messageOf, StackError } from "../error.ts";
import { repository } from "../home.ts";
import { databaseOf, type LocalServer } from "../local-server.ts";
import type { ServedTenant, XmppServer } from "../server-kind.ts";
import { asService, type ServiceUser } from "../service-user.ts";

/** Debian's place for Erlang libraries. */
const libraries = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
/** Writes the configuration for these tenants in one step; a running server reads it when it is told to. */
export function writeEjabberdConfig(
  { home, secrets, archiveUrl, user }: LocalServer,
  tenants: readonly ServedTenant[],
): { readonly file: string; readonly changed: boolean } {
  const folder = join(home.folder, "ejabberd");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { certificate, key } = localCertificate(
    home,
    tenants.map(({ domain }) => domain),
    user,
  );
  const file = join(folder, "ejabberd.yml");
  const { clients, components, prosodyHttp: http } = home.ports;
  const config = {
    ...{ tenants, ports: { clients, components, http }, certificates: [certificate, key] },
    archive: databaseOf(archiveUrl),
    ...{ apiSocket: ejabberdApi(home, user).socket, plainStreams: true, maxStanzaBytes: 262_144 },
  };
  const text = ejabberdConfig(config, (domain) => componentSecret(secrets.xmpp, domain));
  const changed = !existsSync(file) || readFileSync(file, "utf8") !== text;
  if (changed) {
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    if (user) chownSync(`${file}.new`, user.uid, user.gid);
    renameSync(`${file}.new`, file);
  }
  return { file, changed };
}

/** ejabberd in the home folder, for these tenants: a node by itself, which needs no name and no port of Erlang's own. */
export function ejabberdServer(server: LocalServer, tenants: readonly ServedTenant[]): XmppServer {
  const { home, user } = server;
  const { file } = writeEjabberdConfig(server, tenants);
  const folder = join(home.folder, "ejabberd");
  const spool = join(folder, "data");
  mkdirSync(spool, { recursive: true, mode: 0o700 });
  if (user) for (const path of [folder, spool, file]) chownSync(path, user.uid, user.gid);
  const { socket } = ejabberdApi(home, user);
  return ejabberdNode({ folder, file, spool, socket, port: home.ports.clients, modules: plugins(folder, user) }, user);
}

/** Compiles our own modules with the compiler that comes with Erlang; gives the folder they are in. */
function plugins(folder: string, user: ServiceUser | undefined): string {
  const made = join(folder, "modules");
  mkdirSync(made, { recursive: true, mode: 0o700 });
  const source = join(repository, "config", "ejabberd", "plugins");
  const modules = readdirSync(source).map((name) => join(source, name));
  try {
    execFileSync("erlc", ["-o", made, ...modules], { stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new StackError(`the modules in ${source} do not compile: ${messageOf(error)}`);
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
  const api = ejabberdApiAt(socket);
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
      ready: async () => (await api.call("status")) !== undefined,
    },
    createAccounts: api.createAccounts,
  };
}
