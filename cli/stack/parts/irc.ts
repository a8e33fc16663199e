import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { demoBridge } from "../../../config/demo.ts";
import type { Home } from "../home.ts";
import type { PartSpec } from "../part.ts";
import { accepts } from "../probe.ts";
import { asService, type ServiceUser } from "../service-user.ts";

/** The demo's IRC server, the far side of the demo bridge. */
export function ircPart(home: Home, user: ServiceUser | undefined): PartSpec {
  const folder = join(home.folder, "irc");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "ngircd.conf");
  const lines = [
    ...["[Global]", "Name = irc.localhost", "Info = Kontor demo", "AdminInfo1 = Kontor demo", "Network = Kontor"],
    ...["AdminEMail = admin@irc.localhost", "Listen = 127.0.0.1", `Ports = ${home.ports.irc}`, 'MotdPhrase = "Moin"'],
    ...["[Limits]", "MaxConnections = 0", "MaxConnectionsIP = 0", "MaxNickLength = 30", "MaxPenaltyTime = 0"],
    // It serves loopback: names and idents tell nothing, and looking them up only takes time.
    ...["[Options]", "DNS = no", "Ident = no", "PAM = no", "SyslogFacility = local1", "MorePrivacy = no"],
    ...["[Channel]", `Name = ${demoBridge.channel}`, `Topic = ${demoBridge.name}`, "Modes = +nP"],
  ];
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  if (user) for (const path of [folder, file]) chownSync(path, user.uid, user.gid);
  return {
    name: "irc",
    port: home.ports.irc,
    ...asService(user, "ngircd", ["--nodaemon", "--config", file], [folder]),
    cwd: "/",
    env: { PATH: `${process.env.PATH}:/usr/sbin`, LC_ALL: "C.UTF-8" },
    stopSignal: "SIGTERM",
    stopSeconds: 5,
    ready: () => accepts(home.ports.irc),
  };
}
