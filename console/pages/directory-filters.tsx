import { useId } from "react";
import { useTranslation } from "react-i18next";
import { type PersonState, personStates, type Wanted } from "./presence.ts";
import { StateIcon } from "./presence-state.tsx";
import type { RosterGroup } from "./use-roster-groups.ts";

interface FiltersProps {
  readonly wanted: Wanted;
  readonly grouped: boolean;
  readonly groups: readonly RosterGroup[];
  readonly counts: Readonly<Record<PersonState, number>>;
  readonly all: number;
  readonly onChange: (change: Partial<Wanted> & { readonly grouped?: boolean }) => void;
}

/** States that always have their place, so that it does not move when the last one leaves. */
const always: readonly PersonState[] = ["here", "meeting", "away", "outOfOffice"];

/** What narrows the directory. How many are in a state changes by itself, and is read out only where one stands on it. */
export function DirectoryFilters({ wanted, grouped, groups, counts, all, onChange }: FiltersProps) {
  const { t } = useTranslation();
  const id = useId();
  const { text, state, group } = wanted;
  const states = personStates.filter((each) => always.includes(each) || counts[each] > 0 || each === state);
  return (
    <>
      <div className="table-tools">
        <div className="tool">
          <label htmlFor={`${id}-text`}>{t("directory.search")}</label>
          <input
            id={`${id}-text`}
            type="search"
            maxLength={100}
            value={text}
            onChange={(event) => onChange({ text: event.target.value })}
          />
        </div>
        {groups.length === 0 ? null : (
          <>
            <div className="tool">
              <label htmlFor={`${id}-group`}>{t("directory.group")}</label>
              <select id={`${id}-group`} value={group} onChange={(event) => onChange({ group: event.target.value })}>
                <option value="">{t("ui.all")}</option>
                {groups.map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.name}
                  </option>
                ))}
              </select>
            </div>
            <div className="check">
              <input
                id={`${id}-grouped`}
                type="checkbox"
                checked={grouped}
                onChange={(event) => onChange({ grouped: event.target.checked })}
              />
              <label htmlFor={`${id}-grouped`}>{t("directory.byGroup")}</label>
            </div>
          </>
        )}
      </div>
      <fieldset className="states">
        <legend className="unseen">{t("directory.filter")}</legend>
        <button type="button" aria-pressed={state === ""} onClick={() => onChange({ state: "" })}>
          {t("directory.all")} <span className="count">{all}</span>
        </button>
        {states.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={state === each}
            onClick={() => onChange({ state: state === each ? "" : each })}
          >
            <StateIcon state={each} />
            {t(`directory.states.${each}`)} <span className="count">{counts[each]}</span>
          </button>
        ))}
      </fieldset>
    </>
  );
}
