import { KontorError } from "./errors.ts";

/** How many answers that go on a process keeps open at a time: of all, and of one who reads. */
export interface StreamPlaces {
  /** Throws `too-many` where no further one may be opened. */
  require(reader: string): void;
  /** One more is open, until the returned function is called. */
  take(reader: string): () => void;
}

export function streamPlaces(bounds: { readonly all: number; readonly own: number }): StreamPlaces {
  const own = new Map<string, number>();
  let all = 0;
  const count = (reader: string, by: 1 | -1) => {
    all += by;
    const open = (own.get(reader) ?? 0) + by;
    if (open > 0) own.set(reader, open);
    else own.delete(reader);
  };
  return {
    require: (reader) => {
      if (all >= bounds.all) throw new KontorError("too-many", "Too many read along, try again later");
      if ((own.get(reader) ?? 0) >= bounds.own) {
        throw new KontorError("too-many", `Read along in at most ${bounds.own} places at a time`);
      }
    },
    take: (reader) => {
      count(reader, 1);
      return () => count(reader, -1);
    },
  };
}
