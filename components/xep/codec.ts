import type { z } from "zod";
import { KontorError } from "../../platform/errors.ts";
import type { Element } from "../stanza.ts";

/**
 * One element of an XEP as plain data and back. The schema is the type; `test/cases` walks pairs of XML and JSON
 * through every codec both ways.
 */
export interface Codec<T> {
  /** Local name and namespace of the element. */
  readonly name: string;
  readonly ns: string;
  /** Throws `bad-request` for what does not fit the schema. */
  read(element: Element): T;
  write(data: T): Element;
}

/** Makes a codec of a schema, a reader of raw values and a writer. */
export function codec<S extends z.ZodType>(spec: {
  readonly name: string;
  readonly ns: string;
  readonly schema: S;
  readonly read: (element: Element) => unknown;
  readonly write: (data: z.output<S>) => Element;
}): Codec<z.output<S>> {
  return {
    name: spec.name,
    ns: spec.ns,
    write: spec.write,
    read: (element) => {
      const result = spec.schema.safeParse(spec.read(element));
      if (result.success) return result.data;
      const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
      throw new KontorError("bad-request", `<${spec.name}/> of ${spec.ns}: ${problems.join("; ")}`);
    },
  };
}

/** Data without its undefined members, so that it equals what was written as JSON. */
export function defined<T extends Record<string, unknown>>(data: T): Partial<T> {
  const entries = Object.entries(data).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
