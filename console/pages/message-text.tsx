import { useTranslation } from "react-i18next";
import type { MessageRow } from "./room.ts";

/** The text of a message with what was searched for marked. */
export function MessageText({ message: { body, excerpt } }: { readonly message: MessageRow }) {
  const { t } = useTranslation();
  // Without a hit all is shown: an excerpt may be short of the end.
  if (!excerpt.some(({ hit }) => hit)) return body || <span className="soft">{t("archive.noText")}</span>;
  let place = 0;
  return excerpt.map(({ text, hit }) => {
    place += text.length + 1;
    return hit ? <mark key={place}>{text}</mark> : <span key={place}>{text}</span>;
  });
}
