import { useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TableFilter } from "./table.tsx";

interface FiltersProps {
  readonly searchable: boolean;
  readonly filters: readonly TableFilter[];
  readonly onSearch: (text: string) => void;
  readonly onChoose: (name: string, value: string) => void;
}

const PAUSE_MS = 300;

/** What narrows a table: a search that waits for a pause in typing, and a choice for each filter. */
export function Filters({ searchable, filters, onSearch, onChoose }: FiltersProps) {
  const { t } = useTranslation();
  const id = useId();
  const [typed, setTyped] = useState<string>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the pause anew
  useEffect(() => {
    if (typed === undefined) return;
    const timer = setTimeout(() => onSearch(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <>
      {searchable ? (
        <div className="tool">
          <label htmlFor={id}>{t("ui.search")}</label>
          <input id={id} type="search" maxLength={100} onChange={(event) => setTyped(event.target.value)} />
        </div>
      ) : null}
      {filters.map(({ name, label, choices }) => (
        <div className="tool" key={name}>
          <label htmlFor={`${id}-${name}`}>{label}</label>
          <select id={`${id}-${name}`} onChange={(event) => onChoose(name, event.target.value)}>
            <option value="">{t("ui.all")}</option>
            {choices.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </div>
      ))}
    </>
  );
}
