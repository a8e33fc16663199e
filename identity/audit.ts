import type { Transaction } from "kysely";
import type { Caller } from "../platform/http.ts";
import type { NewId } from "../platform/ids.ts";
import { type AuditFact, auditGenesis, auditLink, masked } from "./core-audit.ts";

/** The audit log (R8): written in the transaction of the change, append-only, chained for each tenant. */

export interface AuditTables {
  audit_entry: {
    tenant_id: string;
    position: number;
    previous: string;
    hash: string;
    at: Date;
    actor: string;
    roles: string[];
    action: string;
    object: string;
    before: unknown;
    after: unknown;
    reason: string | null;
    address: string | null;
    request_id: string | null;
  };
  audit_chain: { tenant_id: string; position: number; hash: string };
  actor: { tenant_id: string; id: string; who: string; name: string };
  audit_signature: {
    tenant_id: string;
    position: number;
    hash: string;
    signature: string;
    key_id: string;
    at: Date;
  };
}

/** The log of what concerns no tenant but the installation. Name it among the transaction's tenants. */
export const INSTALLATION = "-";

/** Who changes something, with what an entry needs besides. */
export interface Actor {
  readonly who: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly reason: string | undefined;
  readonly address: string | undefined;
  readonly requestId: string | undefined;
}

export const actorOf = ({ principal, ...rest }: Caller): Actor => ({
  ...rest,
  who: principal.id,
  name: principal.name,
  roles: principal.roles,
});

/** The actor of a command line or of a job of ours. */
export const localActor = (who: `cli` | `job:${string}`, reason?: string): Actor => ({
  who,
  name: who,
  roles: [],
  reason,
  address: undefined,
  requestId: undefined,
});

export interface AuditChange {
  /** INSTALLATION, or a tenant; the transaction must name it. */
  readonly tenant: string;
  /** `person:create` and the like. */
  readonly action: string;
  /** What was changed: `person/<id>`. */
  readonly object: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * Adds an entry in the caller's transaction, which must name `change.tenant` among its tenants. The end of the chain
 * stays locked until the transaction ends: call it last. Secrets in `before` and `after` are masked by name. Gives the
 * position of the entry.
 */
export async function audit<T>(
  transaction: Transaction<T>,
  actor: Actor,
  change: AuditChange,
  now: Date,
  newId: NewId,
): Promise<number> {
  // The caller's transaction knows its own tables; here only ours matter.
  const trx = transaction as unknown as Transaction<AuditTables>;
  const { tenant } = change;
  const pseudonym = await pseudonymOf(trx, tenant, actor, newId);
  // One statement makes, locks and reads the end of the chain: who writes next waits from here on.
  const head = await trx
    .insertInto("audit_chain")
    .values({ tenant_id: tenant, ...auditGenesis(tenant) })
    .onConflict((conflict) =>
      conflict.column("tenant_id").doUpdateSet((eb) => ({ position: eb.ref("audit_chain.position") })),
    )
    .returning(["position", "hash"])
    .executeTakeFirstOrThrow();
  const fact: AuditFact = {
    tenant,
    at: now.toISOString(),
    actor: pseudonym,
    roles: actor.roles,
    action: change.action,
    object: change.object,
    before: masked(change.before ?? null),
    after: masked(change.after ?? null),
    reason: actor.reason ?? null,
    address: actor.address ?? null,
    requestId: actor.requestId ?? null,
  };
  const { position, previous, hash } = auditLink(head, fact);
  await trx
    .with("entry", (query) =>
      query.insertInto("audit_entry").values({
        tenant_id: tenant,
        position,
        previous,
        hash,
        at: now,
        actor: pseudonym,
        roles: [...fact.roles],
        action: fact.action,
        object: fact.object,
        before: JSON.stringify(fact.before),
        after: JSON.stringify(fact.after),
        reason: fact.reason,
        address: fact.address,
        request_id: fact.requestId,
      }),
    )
    .updateTable("audit_chain")
    .set({ position, hash })
    .where("tenant_id", "=", tenant)
    .execute();
  return position;
}

/** The pseudonym of an actor in a tenant's log; one is made for who has none. */
async function pseudonymOf(trx: Transaction<AuditTables>, tenant: string, actor: Actor, newId: NewId): Promise<string> {
  const known = await trx
    .selectFrom("actor")
    .select("id")
    .where("tenant_id", "=", tenant)
    .where("who", "=", actor.who)
    .executeTakeFirst();
  if (known) return known.id;
  await trx
    .insertInto("actor")
    .values({ tenant_id: tenant, id: newId(), who: actor.who, name: actor.name })
    .onConflict((conflict) => conflict.columns(["tenant_id", "who"]).doNothing())
    .execute();
  const made = await trx
    .selectFrom("actor")
    .select("id")
    .where("tenant_id", "=", tenant)
    .where("who", "=", actor.who)
    .executeTakeFirstOrThrow();
  return made.id;
}
