import { useCallback, useState } from "react";
import { useToast } from "./toast.tsx";

/** What a page has open above it, and its rows, which are old after a change. */
interface OpenDialog<O> {
  readonly open: O | undefined;
  readonly show: (what: O) => void;
  readonly close: () => void;
  /** Counts the changes, so that what shows the rows loads anew. */
  readonly changes: number;
  /** Something was changed: closes what is open unless `next` is to be seen, and says in passing what was done. */
  readonly changed: (said?: string, next?: O) => void;
}

/** For pages with a table and dialogs that change its rows. */
export function useOpenDialog<O>(): OpenDialog<O> {
  const toast = useToast();
  const [open, setOpen] = useState<O>();
  const [changes, setChanges] = useState(0);
  const close = useCallback(() => setOpen(undefined), []);
  const show = useCallback((what: O) => setOpen(() => what), []);
  const changed = useCallback(
    (said?: string, next?: O) => {
      setChanges((before) => before + 1);
      setOpen(() => next);
      if (said !== undefined) toast(said);
    },
    [toast],
  );
  return { open, show, close, changes, changed };
}
