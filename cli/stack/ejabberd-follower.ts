import { z } from "zod";
import type { EjabberdApi } from "./ejabberd-api.ts";
import { StackError } from "./error.ts";
import type { ServedTenant, ServerFollower } from "./server-kind.ts";

export interface EjabberdFollowerDeps {
  /** Writes the configuration for these tenants; tells whether it differs from what was there. */
  readonly writeConfig: (tenants: readonly ServedTenant[]) => boolean;
  readonly api: Pick<EjabberdApi, "call">;
}

/** The hosts that a running ejabberd has. */
export const ejabberdHosts = async (api: Pick<EjabberdApi, "call">): Promise<string[]> =>
  z.array(z.string()).parse(await api.call("registered_vhosts"));

/**
 * Keeps a running ejabberd in step: its configuration is all ours, so it is written and read again, which starts the
 * hosts that came and stops those that went. Who consents to whom is in it as well.
 */
export function ejabberdFollower({ writeConfig, api }: EjabberdFollowerDeps): ServerFollower {
  // What it read last is not known.
  let reloadPending = true;

  const reload = async (): Promise<void> => {
    const answer = await api.call("reload_config");
    // 0, or what is wrong with the file.
    if (answer !== 0) throw new StackError(`ejabberd does not take its configuration: ${JSON.stringify(answer)}`);
  };

  return {
    follow: async (tenants) => {
      const wanted = new Set(tenants.map(({ domain }) => domain));
      const here = new Set(await ejabberdHosts(api));
      const done = [
        ...[...here].filter((host) => !wanted.has(host)).map((host) => `stop ${host}`),
        ...[...wanted].filter((host) => !here.has(host)).map((host) => `start ${host}`),
      ];
      if (writeConfig(tenants) || done.length > 0) reloadPending = true;
      if (!reloadPending) return done;
      await reload();
      reloadPending = false;
      return [...done, "reload_config"];
    },
  };
}
