import { existsSync } from "node:fs";
import { loadArchiveSettings, loadDatabaseSettings } from "../config/settings.ts";
import type { ArchiveOf } from "../platform/migrations/migrate.ts";
import type { HomeOptions } from "./options.ts";
import { readEnvironment } from "./stack/environment.ts";
import { homeOf } from "./stack/home.ts";

/**
 * The owner's URL of the database that a command is for: that of the settings, where there are any (KONTOR_DATABASE_URL
 * or a configuration file), otherwise that of the service which `up` started in this home.
 */
export function ownerUrl(options: HomeOptions): string {
  const { url, adminUrl } = loadDatabaseSettings(settingsSource(options));
  return adminUrl ?? url;
}

/**
 * The XMPP server's own connection to the database of personal archives, chosen as for ownerUrl(); undefined where
 * none is given: `up` migrates by itself.
 */
export function archiveOwner(options: HomeOptions): { readonly url: string; readonly server: ArchiveOf } | undefined {
  const { adminUrl: url, server } = loadArchiveSettings(settingsSource(options));
  return url === undefined ? undefined : { url, server };
}

/** The variables that hold the settings of the service which a command is for, chosen as for ownerUrl(). */
export function settingsSource(options: HomeOptions): Readonly<Record<string, string | undefined>> {
  const configured = process.env.KONTOR_DATABASE_URL || process.env.KONTOR_CONFIG || existsSync("kontor.yaml");
  return configured ? process.env : startedHere(options);
}

function startedHere(options: HomeOptions): Record<string, string | undefined> {
  try {
    return readEnvironment(homeOf(options));
  } catch {
    // Then the settings say what is missing.
    return process.env;
  }
}
