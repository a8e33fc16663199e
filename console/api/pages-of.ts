import { useCallback } from "react";
import * as z from "zod/mini";
import type { Load } from "../ui/table-data.ts";
import { queryText } from "./client.ts";
import { useSession } from "./session.tsx";

/**
 * Loads a list of the API page by page for a table. `fixed` goes into each query; it and `changes` are what makes a
 * table load anew.
 */
export function usePagesOf<T>(
  item: z.ZodMiniType<T>,
  address: string,
  changes = 0,
  fixed?: Readonly<Record<string, string>>,
): Load<T> {
  const { api } = useSession();
  const always = JSON.stringify(fixed ?? {});
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change makes the rows old
  return useCallback(
    async ({ after, limit, sort, search, filters }) => {
      const chosen = { ...filters, ...z.record(z.string(), z.string()).parse(JSON.parse(always)) };
      const query = queryText({ cursor: after, limit, sort, text: search, ...chosen });
      const { body } = await api.get(`${address}${query}`);
      return z.object({ items: z.array(item), next: z.nullable(z.string()) }).parse(body);
    },
    [api, item, address, changes, always],
  );
}
