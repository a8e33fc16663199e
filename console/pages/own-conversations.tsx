import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import * as z from "zod/mini";
import { queryText } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { useFormats } from "../ui/formats.ts";
import { Empty } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { type Conversation, conversationShape } from "./own-message.ts";

const answer = z.object({ items: z.array(conversationShape), next: z.nullable(z.string()) });
const PAGE = 30;

/** With whom one has exchanged messages, the latest first. */
export function OwnConversations({ chosen }: { readonly chosen: string }) {
  const { t } = useTranslation();
  const { api } = useSession();
  const { time } = useFormats();
  const [items, setItems] = useState<readonly Conversation[]>();
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState<unknown>();
  const read = useCallback(
    async (cursor?: string) => {
      setError(undefined);
      try {
        const page = answer.parse((await api.get(`/own/conversations${queryText({ cursor, limit: PAGE })}`)).body);
        setItems((shown) => [...(cursor === undefined ? [] : (shown ?? [])), ...page.items]);
        setNext(page.next);
      } catch (problem) {
        setError(problem);
      }
    },
    [api],
  );
  useEffect(() => void read(), [read]);
  if (error instanceof Problem && error.status === 501) {
    return (
      <Empty title={t("ownMessages.notHere")}>
        <p>{t("ownMessages.notHereText")}</p>
      </Empty>
    );
  }
  return (
    <nav aria-labelledby="own-conversations">
      <h2 id="own-conversations">{t("ownMessages.conversations")}</h2>
      {error === undefined ? null : <ProblemNote error={error} retry={() => void read()} />}
      {items || error !== undefined ? null : <p role="status">{t("ui.loading")}</p>}
      {items?.length === 0 ? <p className="soft">{t("ownMessages.noConversations")}</p> : null}
      <ul>
        {items?.map(({ with: who, last }) => (
          <li key={who}>
            <Link to={queryText({ with: who })} aria-current={who === chosen ? "page" : undefined}>
              <strong>{who}</strong>
              <span className="soft">{time(last.at)}</span>
              <span className="line">{last.encrypted ? t("ownMessages.encrypted") : last.body}</span>
            </Link>
          </li>
        ))}
      </ul>
      {next === null ? null : <Button onClick={() => void read(next)}>{t("ownMessages.more")}</Button>}
    </nav>
  );
}
