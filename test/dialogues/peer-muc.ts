/** Prosody's own rooms (mod_muc, mod_muc_mam) beside those of the first tenant, for as long as a test runs. */
import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf } from "../../cli/stack/home.ts";
import { adminSocket, ownConfigFolder } from "../../cli/stack/parts/prosody.ts";
import { prosodyShell } from "../../cli/stack/prosody-shell.ts";
import { serviceUser } from "../../cli/stack/service-user.ts";
import { luaOptions, luaString } from "../../config/prosody/lua.ts";
import { realStack } from "../support/real.ts";

export interface PeerMuc {
  readonly domain: string;
  close(): Promise<void>;
}

/**
 * Opens the service below the tenant's domain, so that the server counts it among the tenant's. Rooms are open when they
 * are made, as clients that enter by the old way have it here too; everything else is as mod_muc comes.
 */
export async function openPeerMuc(tenantDomain: string): Promise<PeerMuc> {
  const home = homeOf({ home: realStack().home });
  const run = randomUUID().slice(0, 6);
  const domain = `peer-${run}.${tenantDomain}`;
  const file = join(ownConfigFolder(home), `peer-${run}.cfg.lua`);
  const socket = adminSocket(
    home,
    serviceUser(() => undefined),
  );
  const options = luaOptions({
    modules_enabled: ["kontor_tenants", "muc_mam", "muc_moderation", "vcard_muc", "ping"],
    modules_disabled: ["s2s"],
    storage: "memory",
    muc_room_locking: false,
  });
  writeFileSync(file, `Component ${luaString(domain)} "muc"\n${options}\n`, { mode: 0o644 });
  const said = await prosodyShell(socket, ["config:reload()", `host:activate(${luaString(domain)})`]);
  if (!said.every((line) => /^(OK|Result: true)/.test(line))) throw new Error(`Prosody answered ${said.join(", ")}`);
  return {
    domain,
    close: async () => {
      rmSync(file, { force: true });
      await prosodyShell(socket, ["config:reload()", `host:deactivate(${luaString(domain)}, "over")`]);
    },
  };
}
