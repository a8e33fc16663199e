import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../ui/button.tsx";
import { DirectoryPerson } from "./directory-person.tsx";
import { type PersonPresence, stateOf } from "./presence.ts";

/** Lines at a time: more of them are of use to nobody, and slow. */
const STEP = 100;

interface DirectoryListProps {
  readonly people: readonly PersonPresence[];
  readonly label: string;
  readonly awaited: ReadonlySet<string>;
  readonly onAwait: (localpart: string) => void;
}

/** People one below the other, the first of them at first. */
export function DirectoryList({ people, label, awaited, onAwait }: DirectoryListProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(STEP);
  const left = people.length - shown;
  return (
    <>
      <ul className="directory" aria-label={label}>
        {people.slice(0, shown).map((person) => (
          <DirectoryPerson
            key={person.localpart}
            person={person}
            awaited={
              awaited.has(person.localpart) ? true : ["here", "unknown"].includes(stateOf(person)) ? undefined : false
            }
            onAwait={onAwait}
          />
        ))}
      </ul>
      {left > 0 ? (
        <Button onClick={() => setShown(shown + STEP)}>{t("directory.more", { count: Math.min(left, STEP) })}</Button>
      ) : null}
    </>
  );
}
