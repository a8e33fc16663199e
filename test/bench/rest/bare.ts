/** The peer: Express and pg, nothing else, with the same statements in the same transactions. */
import { randomUUID } from "node:crypto";
import express, { type Express } from "express";
import pg from "pg";
import { auditGenesis, auditLink } from "../../../identity/core-audit.ts";
import { hashToken } from "../../../platform/secrets.ts";
import { type Order, POOL } from "./protocol.ts";

/** The app of the peer. */
export function bareApp({ databaseUrl, role }: Order): Express {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL, options: `-c role=${role}` });
  const app = express();
  const tokenOf = async (header: string | undefined) => {
    const { rows } = await pool.query(
      "select id, tenant, scopes from api_token where hash = $1 and expires_at > $2 and revoked_at is null",
      [hashToken((header ?? "").slice(7)), new Date()],
    );
    if (!rows[0]) throw new Error("no such token");
    return rows[0];
  };
  const inTenant = async <T>(tenant: string, work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query("select set_config('kontor.tenants', $1, true)", [tenant]);
      const result = await work(client);
      await client.query("commit");
      return result;
    } catch (error) {
      await client.query("rollback");
      throw error;
    } finally {
      client.release();
    }
  };
  app.get("/api/v1/tenants/:tenant/bench-people", async (request, response) => {
    await tokenOf(request.headers.authorization);
    const { tenant } = request.params;
    const { rows } = await inTenant(tenant, (client) =>
      client.query("select localpart, name, roles from person where tenant_id = $1 order by localpart limit $2", [
        tenant,
        Number(request.query.limit ?? 20),
      ]),
    );
    response.json({ items: rows });
  });
  app.post("/api/v1/tenants/:tenant/bench-groups", express.json(), async (request, response) => {
    const token = await tokenOf(request.headers.authorization);
    const { tenant } = request.params;
    const id = randomUUID();
    const name = `${request.body.name} ${id}`;
    const now = new Date();
    await inTenant(tenant, async (client) => {
      await client.query(
        "insert into person_group (tenant_id, id, name, roster, created_at) values ($1, $2, $3, $4, $5)",
        [tenant, id, name, false, now],
      );
      const find = () => client.query("select id from actor where tenant_id = $1 and who = $2", [tenant, token.id]);
      let actor = (await find()).rows[0]?.id;
      if (!actor) {
        await client.query("insert into actor values ($1, $2, $3, $4) on conflict (tenant_id, who) do nothing", [
          tenant,
          randomUUID(),
          token.id,
          "bench",
        ]);
        actor = (await find()).rows[0]?.id;
      }
      const genesis = auditGenesis(tenant);
      await client.query(
        "insert into audit_chain (tenant_id, position, hash) values ($1, $2, $3) on conflict (tenant_id) do nothing",
        [tenant, genesis.position, genesis.hash],
      );
      const { rows } = await client.query("select position, hash from audit_chain where tenant_id = $1 for update", [
        tenant,
      ]);
      const fact = {
        ...{ tenant, at: now.toISOString(), actor, roles: ["token"], action: "group:create", object: `group/${id}` },
        ...{ before: null, after: { name }, reason: null, address: "127.0.0.1", requestId: randomUUID() },
      };
      const entry = auditLink({ position: Number(rows[0].position), hash: rows[0].hash }, fact);
      await client.query(
        `insert into audit_entry (tenant_id, position, previous, hash, at, actor, roles, action, object, before, after,
         reason, address, request_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
        [
          ...[tenant, entry.position, entry.previous, entry.hash, now, actor, fact.roles, fact.action, fact.object],
          ...["null", JSON.stringify(fact.after), null, fact.address, fact.requestId],
        ],
      );
      await client.query("update audit_chain set position = $1, hash = $2 where tenant_id = $3", [
        entry.position,
        entry.hash,
        tenant,
      ]);
    });
    response.status(201).json({ id, name });
  });
  return app;
}
