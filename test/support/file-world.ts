/**
 * What the tests of file transfer share: a tenant of the demo, people and a disk of their own, a clock that they move.
 * The database is that of the running service: whatever a test deletes must be its own.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express, { type Express } from "express";
import helmet from "helmet";
import type { Transaction } from "kysely";
import { decideSlot } from "../../filetransfer/core.ts";
import { getLink, putLink } from "../../filetransfer/core-link.ts";
import type { FileDeps } from "../../filetransfer/deps.ts";
import { diskBytes } from "../../filetransfer/disk.ts";
import { fileRouter } from "../../filetransfer/http.ts";
import { addSlot } from "../../filetransfer/store.ts";
import { problemHandler } from "../../platform/http.ts";
import { newId } from "../../platform/ids.ts";
import { openTestDatabase, realStack, silentLog } from "./real.ts";

export interface World {
  readonly deps: FileDeps;
  readonly tenant: string;
  readonly domain: string;
  /** Local parts of people begin with it. */
  readonly prefix: string;
  readonly folder: string;
  /** Milliseconds by which the clock is ahead. */
  ahead: number;
  /** As the gateway mounts it; `over` replaces parts. */
  app(over?: Partial<FileDeps>, idleMs?: number): Express;
  /** A slot as the component gives it: paths of its links below the app. */
  slot(size: number, options?: { readonly name?: string; readonly type?: string }): Promise<Slot>;
  /** All files on the disk, complete or not. */
  onDisk(): Promise<string[]>;
  close(): Promise<void>;
}

export interface Slot {
  readonly id: string;
  readonly put: string;
  readonly get: string;
}

const limits = { maxBytes: 200_000_000, slotSeconds: 300, linkSeconds: 30 * 86_400 };

export async function openWorld(tenantIndex = 0): Promise<World> {
  const { id: tenant, domain } = demoTenant(tenantIndex);
  const db = openTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), "kontor-files-"));
  const prefix = `t-${randomUUID().slice(0, 8)}-`;
  const secret = randomUUID() + randomUUID();
  const publicUrl = "http://127.0.0.1";
  const { settings } = realStack();
  const deps: FileDeps = {
    db,
    bytes: diskBytes(folder),
    settings: {
      files: { folder, secret, ...limits },
      quotas: settings.quotas,
      http: { host: "127.0.0.1", port: 0, publicUrl, trustedProxies: [] },
    },
    clock: () => Date.now() + world.ahead,
    newId,
    log: silentLog,
  };
  const pathOf = (link: string) => link.slice(publicUrl.length);
  const world: World = {
    deps,
    tenant,
    domain,
    prefix,
    folder,
    ahead: 0,
    app: (over = {}, idleMs = 10_000) => {
      const app = express();
      app.use(helmet());
      app.use("/files", fileRouter({ ...deps, ...over }, { idleMs }));
      app.use(problemHandler(silentLog));
      return app;
    },
    slot: async (size, { name = "a.bin", type } = {}) => {
      const now = deps.clock();
      const id = newId();
      const slot = decideSlot({ filename: name, size, contentType: type }, limits, now);
      await addSlot(db, { ...slot, tenant, id, owner: `${prefix}someone@${domain}` }, now, settings.quotas);
      const file = { tenant, id, name: slot.name };
      return {
        id,
        put: pathOf(putLink({ publicUrl, secret }, file, size, slot.expiresAt)),
        get: pathOf(getLink({ publicUrl, secret }, file, now + limits.linkSeconds * 1_000)),
      };
    },
    onDisk: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    },
    close: async () => {
      await db.withTenants([tenant], (trx: Transaction<{ file: { tenant_id: string; owner: string } }>) =>
        trx.deleteFrom("file").where("tenant_id", "=", tenant).where("owner", "like", `${prefix}%`).execute(),
      );
      await db.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}

function demoTenant(index: number): { readonly id: string; readonly domain: string } {
  const tenant = realStack().demo.tenants[index];
  if (!tenant) throw new Error(`the demo has no tenant ${index}`);
  return tenant;
}
