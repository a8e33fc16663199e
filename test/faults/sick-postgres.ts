/** PostgreSQL that answers and yet takes nothing: read-only, or with a full disk. */
import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { types } from "node:util";
import pg from "pg";
import { ownerUrl } from "../../cli/stack/parts/postgres.ts";
import { loadSecrets } from "../../cli/stack/secrets.ts";
import { serviceUser } from "../../cli/stack/service-user.ts";
import type { World } from "./world.ts";

export interface Sickness {
  /** From now on it takes writes again. */
  heal(): Promise<void>;
}

async function asSuperuser(world: World, database: string, statements: readonly string[]): Promise<void> {
  const url = new URL(ownerUrl(world.stack.home, loadSecrets(world.stack.home)));
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.toString() });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Every transaction that begins from now on may only read, on connections that are open too. */
export async function makeReadOnly(world: World): Promise<Sickness> {
  const reload = "select pg_reload_conf()";
  await asSuperuser(world, "postgres", ["alter system set default_transaction_read_only = on", reload]);
  return {
    heal: () => asSuperuser(world, "postgres", ["alter system reset default_transaction_read_only", reload]),
  };
}

/** A file system of a fixed size, for the tables of the service. */
export interface SmallDisk {
  /** Takes up what is left of it. */
  fill(): Sickness;
  /** When PostgreSQL has ended. */
  remove(): void;
}

const MEGABYTES = 192;

/** Whether this process may mount a file system: not in every container, and not without being root. */
export function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "kf-mount-"));
  try {
    mount(folder, 1);
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function mount(folder: string, megabytes: number): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], { stdio: "ignore" });
}

/** Moves all tables and indices of the service to a small disk. */
export async function openSmallDisk(world: World): Promise<SmallDisk> {
  const folder = mkdtempSync(join(tmpdir(), "kf-disk-"));
  mount(folder, MEGABYTES);
  const tables = join(folder, "tables");
  mkdirSync(tables, { mode: 0o700 });
  const user = serviceUser(() => undefined);
  if (user) for (const path of [folder, tables]) chownSync(path, user.uid, user.gid);
  await asSuperuser(world, "kontor", [
    `create tablespace small_disk location '${tables}'`,
    "grant create on tablespace small_disk to public",
    "alter database kontor set default_tablespace = small_disk",
    "alter table all in tablespace pg_default set tablespace small_disk",
    "alter index all in tablespace pg_default set tablespace small_disk",
  ]);
  const ballast = join(folder, "ballast");
  return {
    fill: () => {
      try {
        // More than it holds: what fits is written.
        writeFileSync(ballast, Buffer.alloc((MEGABYTES + 1) * 1_048_576));
      } catch (error) {
        // Node's own errors come from another realm than a test's: no instanceof.
        if (!types.isNativeError(error) || !("code" in error) || error.code !== "ENOSPC") throw error;
      }
      return { heal: async () => rmSync(ballast) };
    },
    remove: () => {
      execFileSync("umount", [folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
