import type { Duplex } from "node:stream";
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  PostgresDialect,
  PostgresDriver,
  sql,
  type Transaction,
} from "kysely";
import pg from "pg";
import type { Log } from "./log.ts";

/**
 * PostgreSQL, the truth. Each domain declares the tables it owns and names them as `T`; each transaction names the
 * tenants it is for, and row-level security hides the rows of all others.
 */
export interface Database {
  /** A transaction that sees only rows of these tenants. */
  withTenants<T, R>(tenants: readonly string[], work: (trx: Transaction<T>) => Promise<R>): Promise<R>;
  /**
   * Calls a function of the database that begins with kontor_scope(): a transaction for these tenants in one message. The
   * tenants are its first argument; the call is planned once for each connection. Gives its rows. Throws InDoubtError
   * when the connection broke or the server ended it before the answer, else nothing was stored.
   */
  call<R extends pg.QueryResultRow>(
    name: string,
    tenants: readonly string[],
    ...args: readonly unknown[]
  ): Promise<R[]>;
  /** Queries outside any tenant: tables without row-level security only (others show no rows). */
  common<T>(): Kysely<T>;
  /** Answers when the database does. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Calls a function of the database with the tenants as its first argument, and gives its rows. */
export type Call = <R extends pg.QueryResultRow>(
  name: string,
  tenants: readonly string[],
  ...args: readonly unknown[]
) => Promise<R[]>;

/** Calls within a transaction of the caller's. */
export function callIn<T>(trx: Kysely<T>): Call {
  return async <R extends pg.QueryResultRow>(name: string, ...args: readonly unknown[]) =>
    (await trx.executeQuery<R>(CompiledQuery.raw(textOf(name, args), [...args]))).rows;
}

const textOf = (name: string, args: readonly unknown[]): string =>
  `select * from ${name}(${args.map((_, n) => `$${n + 1}`).join(", ")})`;

/** The connection broke while a COMMIT was under way: what the transaction did is stored, or it is not. */
export class InDoubtError extends Error {
  constructor(cause: unknown) {
    super("It is not known whether the transaction was stored", { cause });
    this.name = "InDoubtError";
  }
}

export interface DatabaseOptions {
  readonly url: string;
  /** Role taken on each connection (`SET ROLE`), so that row-level security holds; none for the owner. */
  readonly role?: string;
  readonly poolSize: number;
  /** So many connections stay open however long nothing is asked (1): the first call on a new one takes some ten ms more. */
  readonly keep?: number;
  /** Milliseconds after which a statement is cancelled. */
  readonly statementTimeoutMs?: number;
  /** Milliseconds after which waiting for a lock ends with an error; without it a statement waits as long as it may run. */
  readonly lockTimeoutMs?: number;
}

// bigint sequence numbers stay far below 2^53; numbers are easier to compare than strings.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export function openDatabase(options: DatabaseOptions, log: Log): Database {
  const settings = [
    ...(options.role ? [`-c role=${options.role}`] : []),
    `-c statement_timeout=${options.statementTimeoutMs ?? 30_000}`,
    `-c lock_timeout=${options.lockTimeoutMs ?? 0}`,
    "-c idle_in_transaction_session_timeout=60000",
  ];
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    min: options.keep ?? 1,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    pipeline: true,
    options: settings.join(" "),
  });
  // An idle connection whose server goes away: the pool drops it and opens a new one when asked.
  pool.on("error", (error) => log.warn("PostgreSQL closed an idle connection; it is reopened on demand", { error }));
  // One that is lost between two statements of a transaction: the next statement says so to its caller. Without a
  // listener of its own the event would end the process.
  pool.on("connect", (client) =>
    client.on("error", (error) => log.debug("PostgreSQL closed a connection in use", { error })),
  );
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  let closed: Promise<void> | undefined;
  return {
    withTenants: <T, R>(tenants: readonly string[], work: (trx: Transaction<T>) => Promise<R>) =>
      new Kysely<T>({ dialect: new TenantDialect(pool, tenants) }).transaction().execute(work),
    call: (name, ...args) => call(pool, name, args),
    common: <T>() => kysely as unknown as Kysely<T>,
    ping: async () => {
      await sql`select 1`.execute(kysely);
    },
    // Not by kysely.destroy(): that leaves the pool alone unless it was queried outside of transactions for tenants.
    close: () => {
      closed ??= pool.end();
      return closed;
    },
  };
}

class TenantDialect extends PostgresDialect {
  readonly #pool: pg.Pool;
  readonly #tenants: string;

  constructor(pool: pg.Pool, tenants: readonly string[]) {
    super({ pool });
    this.#pool = pool;
    this.#tenants = tenants.join(",");
  }

  override createDriver(): PostgresDriver {
    return new TenantDriver(this.#pool, this.#tenants);
  }
}

/**
 * Begins a transaction for tenants without waiting for the server's word: on a pipelined connection `begin`, the tenants
 * and the first statement travel in one packet, one round trip instead of three. Should either fail, the transaction is
 * aborted or knows no tenant: the statements that follow fail or see nothing, and the commit tells.
 */
class TenantDriver extends PostgresDriver {
  readonly #tenants: string;
  #hold: () => void = () => undefined;
  #begun: Promise<unknown> = Promise.resolve();

  constructor(pool: pg.Pool, tenants: string) {
    const connect = async () => {
      const client = await pool.connect();
      this.#hold = () => holdTick(client.connection.stream);
      return client;
    };
    super({ pool: { connect, end: async () => undefined } });
    this.#tenants = tenants;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    this.#hold();
    this.#begun = Promise.all([
      connection.executeQuery(CompiledQuery.raw("begin")),
      connection.executeQuery(CompiledQuery.raw(SCOPE, [this.#tenants])),
    ]);
    this.#begun.catch(() => undefined);
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#begun;
    await super.commitTransaction(connection);
  }
}

async function call<R extends pg.QueryResultRow>(pool: pg.Pool, name: string, args: readonly unknown[]): Promise<R[]> {
  const client = await pool.connect();
  let broken = false;
  try {
    return (await client.query<R>({ name, text: textOf(name, args), values: [...args] })).rows;
  } catch (error) {
    broken = !(error instanceof pg.DatabaseError) || error.severity !== "ERROR";
    throw broken ? new InDoubtError(error) : error;
  } finally {
    client.release(broken);
  }
}

const SCOPE = "select set_config('kontor.tenants', $1, true)";

/** Keeps what is written back until the work at hand is done, so that it leaves together. */
function holdTick(stream: Duplex): void {
  stream.cork();
  process.nextTick(() => stream.uncork());
}
