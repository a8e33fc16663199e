import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import type { PersonWithGroups } from "./person.ts";

interface MeanwhileProps {
  /** Whether saving was refused because somebody was faster. */
  readonly late: boolean;
  /** As it was when the form opened, and as it is now. */
  readonly first: PersonWithGroups;
  readonly latest: PersonWithGroups;
  readonly onReload: () => Promise<void>;
}

const groupsText = ({ groups }: PersonWithGroups) => groups.map(({ name }) => name).join(", ") || "–";

/** Tells that somebody else changed a person, lets one read it anew, and shows what it was. */
export function MeanwhileNote({ late, first, latest, onReload }: MeanwhileProps) {
  const { t } = useTranslation();
  const [error, setError] = useState<unknown>();
  const note = useRef<HTMLDivElement>(null);
  const seen = late || latest !== first;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it speaks when it comes up and when it was read anew
  useEffect(() => {
    if (seen) note.current?.focus();
  }, [seen, late]);
  if (!seen) return null;
  const now = [
    { label: t("people.name"), before: first.name, after: latest.name },
    { label: t("people.email"), before: first.email ?? "–", after: latest.email ?? "–" },
    { label: t("groups.title"), before: groupsText(first), after: groupsText(latest) },
  ].filter(({ before, after }) => before !== after);
  return (
    <div ref={note} role="alert" tabIndex={-1} className="note">
      {late ? (
        <>
          <p>{t("people.meanwhile.late")}</p>
          <p className="actions">
            <Button onClick={() => void onReload().then(() => setError(undefined), setError)}>
              {t("people.meanwhile.reload")}
            </Button>
          </p>
        </>
      ) : (
        <>
          <p>{now.length > 0 ? t("people.meanwhile.now") : t("people.meanwhile.same")}</p>
          <ul>
            {now.map(({ label, after }) => (
              <li key={label}>
                {label}: {after}
              </li>
            ))}
          </ul>
        </>
      )}
      {error === undefined ? null : <ProblemNote error={error} />}
    </div>
  );
}
