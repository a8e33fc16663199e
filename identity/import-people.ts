import { parse } from "csv-parse/sync";
import type { Transaction } from "kysely";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import type { Actor } from "./audit.ts";
import { tellDirectory } from "./directory-events.ts";
import type { InvitationLink } from "./invitation-store.ts";
import { personEmail, personLocalpart, personName } from "./person-fields.ts";
import { insertPerson, type NewPerson, takenText, tellAccounts } from "./person-store.ts";
import type { PeopleDeps, PersonTables } from "./person-tables.ts";
import { checkPeople } from "./tenant-quota.ts";

/** Import of people from CSV with the columns localpart, name and optionally email and groups (names with `;` between). */

export const faultKinds = ["columns", "field", "twice", "taken", "group"] as const;
interface Fault {
  readonly kind: (typeof faultKinds)[number];
  readonly about: string;
}

interface ImportLine {
  /** As an editor counts it; the heading is line 1. */
  readonly line: number;
  readonly localpart: string;
  readonly problem: string | null;
  /** The kind of the problem and what it is about: for those who say it in another language. */
  readonly fault: Fault | null;
  /** Set once the person is imported. */
  readonly invitation: InvitationLink | null;
}

export interface ImportReport {
  readonly lines: readonly ImportLine[];
  readonly good: number;
  readonly bad: number;
  readonly imported: number;
}

const MAX_LINES = 1_000;

const line = z.object({
  localpart: personLocalpart,
  name: personName,
  email: z.union([z.literal("").transform(() => null), personEmail]).default(null),
  groups: z
    .string()
    .max(2_000)
    .default("")
    .transform((text) => [...new Set(text.split(";").map((name) => name.trim()))].filter((name) => name !== "")),
});
type Line = z.output<typeof line>;

const records = z.array(z.object({ info: z.object({ lines: z.int() }), record: z.array(z.string()) }));

/**
 * Imports people, who are invited. Nobody is when a line is bad, unless `partial`; `dryRun` only reports. Throws
 * `bad-request` for what is no such CSV at all.
 */
export async function importPeople(
  deps: PeopleDeps,
  tenant: string,
  csv: string,
  { dryRun, partial }: { readonly dryRun: boolean; readonly partial: boolean },
  actor: Actor,
): Promise<ImportReport> {
  const read = readLines(csv);
  const report = await deps.db.withTenants([tenant], async (trx: Transaction<PersonTables>) => {
    const checked = await check(trx, tenant, read);
    const good = checked.filter((each) => each.person !== undefined);
    await checkPeople(trx, tenant, deps.quotas, good.length);
    const going = !dryRun && (partial || good.length === checked.length);
    const lines: ImportLine[] = [];
    for (const { line: at, localpart, problem, fault, person } of checked) {
      const made = going && person ? await insertPerson(trx, deps, tenant, person, actor) : undefined;
      const wrong = { problem: problem ?? null, fault: fault ?? null };
      lines.push({ line: at, localpart, ...wrong, invitation: made?.invitation ?? null });
    }
    const imported = going ? good.length : 0;
    return { lines, good: good.length, bad: checked.length - good.length, imported };
  });
  if (report.imported > 0) {
    await tellAccounts(deps, tenant);
    await tellDirectory(deps, tenant);
  }
  return report;
}

interface ReadLine {
  readonly line: number;
  readonly localpart: string;
  readonly value?: Line;
  readonly problem?: string;
  readonly fault?: Fault;
}

const wrong = (kind: Fault["kind"], about: string | number, problem: string) => ({
  problem,
  fault: { kind, about: String(about) },
});

function readLines(csv: string): ReadLine[] {
  const rows = parsed(csv);
  const [heading, ...rest] = rows;
  const columns = heading?.record.map((name) => name.trim().toLowerCase()) ?? [];
  const known = new Set(Object.keys(line.shape));
  const odd = columns.filter((name, index) => !known.has(name) || columns.indexOf(name) !== index);
  if (odd.length > 0 || !columns.includes("localpart") || !columns.includes("name")) {
    throw new KontorError("bad-request", "The first line names the columns: localpart,name,email,groups");
  }
  if (rest.length > MAX_LINES) throw new KontorError("too-large", `Import ${MAX_LINES} people at most at once`);
  return rest.map(({ info, record }) => {
    const cells = Object.fromEntries(columns.map((name, index) => [name, record[index]?.trim()]));
    const at = { line: info.lines, localpart: cells.localpart ?? "" };
    if (record.length !== columns.length) {
      const problem = `The line has ${record.length} columns instead of ${columns.length}`;
      return { ...at, ...wrong("columns", record.length, problem) };
    }
    const result = line.safeParse(cells);
    if (result.success) return { ...at, value: result.data };
    const { issues } = result.error;
    const problem = issues.map((each) => `${each.path.join(".")}: ${each.message}`).join("; ");
    return { ...at, ...wrong("field", issues[0]?.path.join(".") ?? "", problem) };
  });
}

function parsed(csv: string): z.output<typeof records> {
  // What a spreadsheet of this country writes has semicolons; the heading tells.
  const delimiter = csv.slice(0, csv.search(/[\r\n]|$/)).includes(";") ? ";" : ",";
  const options = { bom: true, delimiter, info: true, relax_column_count: true, skip_empty_lines: true };
  try {
    return records.parse(parse(csv, { ...options, max_record_size: 10_000 }));
  } catch (error) {
    if (error instanceof z.ZodError) throw error;
    throw new KontorError("bad-request", `This is no CSV: ${error instanceof Error ? error.message : "unreadable"}`);
  }
}

async function check(trx: Transaction<PersonTables>, tenant: string, lines: readonly ReadLine[]) {
  const names = lines.map((each) => each.localpart);
  const rows = await trx
    .selectFrom("person")
    .select(["localpart", "status"])
    .where("tenant_id", "=", tenant)
    .where("localpart", "in", [...names, ""])
    .execute();
  const taken = new Map(rows.map((row) => [row.localpart, row.status]));
  const groups = new Map(
    (await trx.selectFrom("person_group").select(["id", "name"]).where("tenant_id", "=", tenant).execute()).map(
      ({ id, name }) => [name, id],
    ),
  );
  return lines.map((each, index): ReadLine & { person?: NewPerson } => {
    if (!each.value) return each;
    const first = names.indexOf(each.localpart);
    const before = lines[first]?.line ?? 0;
    if (first < index)
      return { ...each, ...wrong("twice", before, `${each.localpart} stands in line ${before} already`) };
    if (taken.has(each.localpart))
      return { ...each, ...wrong("taken", each.localpart, takenText(each.localpart, taken.get(each.localpart))) };
    const missing = each.value.groups.filter((name) => !groups.has(name));
    const absent = missing.join(", ");
    if (missing.length > 0) return { ...each, ...wrong("group", absent, `There is no group ${absent}: add it first`) };
    return { ...each, person: { ...each.value, groups: each.value.groups.flatMap((name) => groups.get(name) ?? []) } };
  });
}
