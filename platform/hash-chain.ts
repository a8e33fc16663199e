/** A chain of rows of which each holds the hash of the one before it: how a stored one is verified. */

/** The end of a chain: position and hash of its last row; position 0 before the first. */
export interface Head {
  readonly position: number;
  readonly hash: string;
}

export interface Chain<R extends Head> {
  readonly genesis: Head;
  /** Rows behind a position, in order, at most `limit`. */
  readonly page: (after: number, limit: number) => Promise<readonly R[]>;
  /** The head as it is stored beside the rows. */
  readonly head: () => Promise<Head | undefined>;
  /** Why a row does not stand rightly behind this head; undefined when it does. */
  readonly fault: (head: Head, row: R) => string | undefined;
}

export interface ChainVerification {
  /** How many rows from the first on are right. */
  readonly rows: number;
  /** The first one that is not. */
  readonly broken?: { readonly position: number; readonly why: string };
}

const PAGE = 1_000;

/** Recomputes a chain from its rows, page by page, also while rows are added. */
export async function verifyChain<R extends Head>(chain: Chain<R>): Promise<ChainVerification> {
  // Read before the rows: what is appended meanwhile lies behind it.
  const stored = await chain.head();
  let head = chain.genesis;
  for (;;) {
    const page = await chain.page(head.position, PAGE);
    for (const row of page) {
      const why =
        chain.fault(head, row) ??
        (row.position === stored?.position && row.hash !== stored.hash
          ? "the head of the chain has another hash"
          : undefined);
      if (why) return { rows: head.position, broken: { position: row.position, why } };
      head = { position: row.position, hash: row.hash };
    }
    if (page.length < PAGE) break;
  }
  const rows = head.position;
  if (!stored) return { rows, broken: { position: rows, why: "the chain has no head" } };
  if (rows < stored.position) return { rows, broken: { position: rows + 1, why: `row ${rows + 1} is missing` } };
  const now = rows > stored.position ? await chain.head() : stored;
  if (!now || now.position < rows)
    return { rows, broken: { position: rows, why: "it stands behind the head of the chain" } };
  return { rows };
}
