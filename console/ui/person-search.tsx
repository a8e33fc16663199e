import { useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { queryText } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { ProblemNote } from "./problem-note.tsx";

const foundShape = z.object({ id: z.string(), localpart: z.string(), name: z.string(), status: z.string() });
export type FoundPerson = z.infer<typeof foundShape>;
const answer = z.object({ items: z.array(foundShape), next: z.nullable(z.string()) });

const SHOWN = 8;
const PAUSE_MS = 250;

interface PersonSearchProps {
  /** Path of the tenant's people. */
  readonly people: string;
  readonly label: string;
  /** What the button beside each found person says. */
  readonly action: string;
  readonly onChoose: (person: FoundPerson) => Promise<void> | void;
}

/** Finds people by a part of their name, id or e-mail; each found one is a button. */
export function PersonSearch({ people, label, action, onChoose }: PersonSearchProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const id = useId();
  const [text, setText] = useState("");
  const [found, setFound] = useState<z.infer<typeof answer>>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === "") {
      setFound(undefined);
      return;
    }
    let current = true;
    const timer = setTimeout(() => {
      api.get(`${people}${queryText({ text: wanted, limit: SHOWN, sort: "name" })}`).then(
        ({ body }) => {
          if (!current) return;
          setError(undefined);
          setFound(answer.parse(body));
        },
        (failure: unknown) => current && setError(failure),
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [api, people, text]);
  const choose = (person: FoundPerson) => {
    setError(undefined);
    Promise.resolve(onChoose(person)).catch(setError);
  };
  const there = found?.items.filter(({ status }) => status !== "deleted") ?? [];
  return (
    <search className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="search"
        maxLength={100}
        autoComplete="off"
        aria-describedby={`${id}-hint`}
        onChange={(event) => setText(event.target.value)}
        // Enter must not send the form around it.
        onKeyDown={(event) => {
          if (event.key === "Enter") event.preventDefault();
        }}
      />
      <p className="hint" id={`${id}-hint`}>
        {t("ui.personSearchHint")}
      </p>
      {error === undefined ? null : <ProblemNote error={error} />}
      <p role="status" className="hint">
        {found === undefined
          ? ""
          : found.next
            ? t("ui.moreFound", { count: SHOWN })
            : t("ui.found", { count: there.length })}
      </p>
      {there.length > 0 ? (
        <ul className="found">
          {there.map((person) => (
            <li key={person.id}>
              <span>
                {person.name} <span className="soft">{person.localpart}</span>
              </span>
              <button
                type="button"
                className="button plain"
                aria-label={`${action}: ${person.name}`}
                onClick={() => choose(person)}
              >
                {action}
              </button>
            </li>
          ))}
        </ul>
      ) : null}
    </search>
  );
}
