import type { Transaction } from "kysely";
import type { Actor } from "./audit.ts";

interface Tables {
  person: { tenant_id: string; id: string; localpart: string; name: string };
}

/**
 * The actor of a change that somebody asked for over XMPP, by bare address: a person of the tenant, or an address of a
 * partner. `roles` are what the change was allowed by, such as `room:owner`.
 */
export async function xmppActor<T>(
  transaction: Transaction<T>,
  tenant: { readonly id: string; readonly domain: string },
  bare: string,
  roles: readonly string[],
  reason?: string,
): Promise<Actor> {
  // The caller's transaction knows its own tables; here only ours matter.
  const trx = transaction as unknown as Transaction<Tables>;
  const [localpart = "", domain] = bare.split("@");
  const person =
    domain === tenant.domain
      ? await trx
          .selectFrom("person")
          .select(["id", "name"])
          .where("tenant_id", "=", tenant.id)
          .where("localpart", "=", localpart)
          .executeTakeFirst()
      : undefined;
  const rest = { roles, reason, address: undefined, requestId: undefined };
  return person ? { who: person.id, name: person.name, ...rest } : { who: bare, name: bare, ...rest };
}
