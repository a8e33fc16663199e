import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { path, queryText } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { ownMessageShape } from "./own-message.ts";
import { OwnTurn } from "./own-turn.tsx";

const answer = z.object({
  items: z.array(ownMessageShape),
  next: z.nullable(z.string()),
  previous: z.nullable(z.string()),
});
type Page = z.infer<typeof answer>;
const PAGE = 30;

/** A conversation page by page, to the past and back to what is new; within a page as it was said. */
export function OwnConversation({ who }: { readonly who: string }) {
  const { t } = useTranslation();
  const { api } = useSession();
  const toast = useToast();
  const heading = useRef<HTMLHeadingElement>(null);
  const view = useRef<HTMLElement>(null);
  const [page, setPage] = useState<Page>();
  /** Where a page is read first: what is new stands at its end. */
  const [from, setFrom] = useState<"end" | "begin">("end");
  const [error, setError] = useState<unknown>();
  const read = useCallback(
    async (cursor?: string): Promise<Page> => {
      const address = path`/own/conversations/${who}`;
      return answer.parse((await api.get(`${address}${queryText({ cursor, limit: PAGE })}`)).body);
    },
    [api, who],
  );
  const first = useCallback(() => {
    setError(undefined);
    read().then(setPage, setError);
  }, [read]);
  useEffect(first, [first]);
  useEffect(() => {
    if (!page) return;
    heading.current?.focus();
    view.current?.scrollTo(0, from === "end" ? view.current.scrollHeight : 0);
  }, [page, from]);
  const turn = async (cursor: string, start: typeof from) => {
    try {
      const found = await read(cursor);
      if (found.items.length === 0) toast(t("ownMessages.nothingNewer"));
      else {
        setPage(found);
        setFrom(start);
      }
    } catch (problem) {
      setError(problem);
    }
  };
  const { next = null, previous = null, items = [] } = page ?? {};
  return (
    <section className="card" aria-labelledby="own-conversation">
      <h2 id="own-conversation" ref={heading} tabIndex={-1}>
        {t("ownMessages.conversation", { who })}
      </h2>
      {error === undefined ? null : <ProblemNote error={error} retry={first} />}
      {page || error !== undefined ? null : <p role="status">{t("ui.loading")}</p>}
      {page && items.length === 0 ? <p className="soft">{t("ownMessages.nothing")}</p> : null}
      {next === null ? null : <Button onClick={() => void turn(next, "end")}>{t("ownMessages.older")}</Button>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section ref={view} className="view" tabIndex={0} aria-label={t("ui.scrolls", { caption: who })}>
        <ol className="talk">
          {items.toReversed().map((message) => (
            <OwnTurn key={message.id} message={message} />
          ))}
        </ol>
      </section>
      {previous === null ? null : (
        <Button onClick={() => void turn(previous, "begin")}>{t("ownMessages.newer")}</Button>
      )}
    </section>
  );
}
