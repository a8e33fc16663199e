import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import * as z from "zod/mini";
import { queryText } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { instantOf } from "./archive-question.ts";
import { type OwnMessage, type OwnSearch, ownMessageShape } from "./own-message.ts";
import { OwnTurn } from "./own-turn.tsx";

const answer = z.object({ items: z.array(ownMessageShape), next: z.nullable(z.string()) });
const PAGE = 30;

/** What a search has found, the newest first. A stretch without anything may have more behind it. */
export function OwnResults({ searched }: { readonly searched: OwnSearch }) {
  const { t } = useTranslation();
  const { api } = useSession();
  const [items, setItems] = useState<readonly OwnMessage[]>([]);
  const [next, setNext] = useState<string | null>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(true);
  const { text, with: who, from, to } = searched;
  const query = queryText({ text, with: who, from: instantOf(from, 0), to: instantOf(to, 1), limit: PAGE });
  const read = useCallback(
    async (cursor?: string) => {
      setBusy(true);
      setError(undefined);
      try {
        const more = queryText({ cursor }).replace("?", "&");
        const page = answer.parse((await api.get(`/own/messages${query}${more}`)).body);
        setItems((shown) => [...(cursor === undefined ? [] : shown), ...page.items]);
        setNext(page.next);
      } catch (problem) {
        setError(problem);
      } finally {
        setBusy(false);
      }
    },
    [api, query],
  );
  useEffect(() => void read(), [read]);
  const state = () => {
    if (busy) return t("ui.loading");
    if (next === null)
      return items.length === 0 ? t("ownMessages.none") : t("ownMessages.found", { count: items.length });
    return items.length === 0 ? t("ownMessages.noneHere") : t("ownMessages.found", { count: items.length });
  };
  return (
    <section className="card" aria-labelledby="own-results">
      <h2 id="own-results">{t("ownMessages.results", { words: text })}</h2>
      {error === undefined ? <p role="status">{state()}</p> : <ProblemNote error={error} retry={() => void read()} />}
      <ol className="talk">
        {items.map((message) => (
          <OwnTurn key={message.id} message={message}>
            <p>
              <Link to={queryText({ with: message.with })} aria-label={`${t("ownMessages.open")}: ${message.with}`}>
                {t("ownMessages.open")}
              </Link>
            </p>
          </OwnTurn>
        ))}
      </ol>
      {next ? (
        <Button busy={busy} onClick={() => void read(next)}>
          {t("ownMessages.further")}
        </Button>
      ) : null}
    </section>
  );
}
