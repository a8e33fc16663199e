import type { ReactNode } from "react";

/** A term and what it is here. */
export type Fact = readonly [term: string, value: ReactNode];

/** Facts about one thing, as a list of terms. */
export function Facts({ of }: { readonly of: readonly Fact[] }) {
  return (
    <dl>
      {of.map(([term, value]) => (
        <div key={term} className="pair">
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
