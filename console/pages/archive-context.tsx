import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { MessageText } from "./message-text.tsx";
import { type MessageRow, messageShape } from "./room.ts";

const answer = z.object({ items: z.array(messageShape) });
const AROUND = 5;

interface ContextProps {
  /** Path of the room's archive. */
  readonly base: string;
  readonly reason: string;
  readonly message: MessageRow;
  readonly onClose: () => void;
}

/** What was written before and after a message. */
export function ArchiveContext({ base, reason, message, onClose }: ContextProps) {
  const { t, i18n } = useTranslation();
  const { api } = useSession();
  const [items, setItems] = useState<readonly MessageRow[]>();
  const [error, setError] = useState<unknown>();
  const { id } = message;
  useEffect(() => {
    let wanted = true;
    api.get(`${base}${path`/${id}/context`}?before=${AROUND}&after=${AROUND}`, reason).then(
      ({ body }) => wanted && setItems(answer.parse(body).items),
      (failure: unknown) => wanted && setError(failure),
    );
    return () => {
      wanted = false;
    };
  }, [api, base, id, reason]);
  const time = (at: string) =>
    new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(at));
  return (
    <Dialog title={t("archive.contextOf", { nick: message.nick, at: time(message.at) })} onClose={onClose} wide>
      {error === undefined ? null : <ProblemNote error={error} />}
      {items || error !== undefined ? null : <p role="status">{t("ui.loading")}</p>}
      <ol className="talk">
        {items?.map((each) => (
          <li key={each.id} className="turn" aria-current={each.id === id ? "true" : undefined}>
            <p className="soft">
              <strong>{each.nick}</strong> {time(each.at)}
            </p>
            <p>
              <MessageText message={each} />
            </p>
          </li>
        ))}
      </ol>
      <div className="actions dialog-end">
        <Button kind="primary" onClick={onClose}>
          {t("ui.close")}
        </Button>
      </div>
    </Dialog>
  );
}
