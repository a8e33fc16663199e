import { useCallback, useEffect, useState } from "react";
import type * as z from "zod/mini";
import { useSession } from "../api/session.tsx";

/** The rules of a tenant at an address of the API: as they were read, or why not, and saving of others. */
export function useRules<S extends z.ZodMiniType<{ readonly version: number }>>(base: string, shape: S) {
  const { api } = useSession();
  const [rules, setRules] = useState<z.infer<S>>();
  const [error, setError] = useState<unknown>();
  const read = useCallback(async () => {
    try {
      setRules(shape.parse((await api.get(base)).body));
      setError(undefined);
    } catch (problem) {
      setError(problem);
    }
  }, [api, base, shape]);
  useEffect(() => void read(), [read]);
  return {
    rules,
    error,
    retry: () => void read(),
    /** In the place of those that were read. */
    save: async (body: object, reason: string) => {
      if (!rules) return;
      const { version } = rules;
      setRules(shape.parse((await api.send("PUT", base, { body, reason, version })).body));
    },
  };
}
