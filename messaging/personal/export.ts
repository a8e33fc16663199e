/** A person takes the own messages along: read in pages while they are written, never whole in memory. */
import { type Actor, audit } from "../../identity/index.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Language } from "../core-html.ts";
import { type ExportedMessage, exportHtml, exportJson } from "./core-export.ts";
import { messageOf } from "./core-message.ts";
import { type Own, type PersonalReading, type Place, readAll } from "./store.ts";

export interface ExportDeps extends PersonalReading {
  readonly newId: NewId;
}

const PAGE = 500;

/** All messages of a person, the oldest first; that they are taken is on record before the first is read. */
export async function* exportOwn(
  deps: ExportDeps,
  own: Own,
  as: { readonly format: "json" | "html"; readonly language: Language },
  person: string,
  actor: Actor,
): AsyncGenerator<string> {
  const { db, clock, newId } = deps;
  const at = new Date(clock());
  await db.withTenants([own.tenant], async (trx) => {
    const change = {
      tenant: own.tenant,
      action: "own:export",
      object: `person/${person}`,
      after: { format: as.format },
    };
    await audit(trx, actor, change, at, newId);
  });
  const head = { account: `${own.user}@${own.host}`, at };
  const pages = pagesOf(deps, own, head.account);
  yield* as.format === "json" ? exportJson(head, pages) : exportHtml(head, as.language, pages);
}

async function* pagesOf(deps: PersonalReading, own: Own, account: string): AsyncGenerator<ExportedMessage[]> {
  for (let after: Place | undefined; ; ) {
    const behind: Place | undefined = after;
    const rows = await readAll(deps, own, behind, PAGE);
    yield rows.map((row) => messageOf(row, account));
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = [last.when, last.sort_id];
  }
}
