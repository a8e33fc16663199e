import { useTranslation } from "react-i18next";
import { MarkedText } from "./marked-text.tsx";
import type { MessageRow } from "./room.ts";

/** The text of a message with what was searched for marked. */
export function MessageText({ message: { body, excerpt } }: { readonly message: MessageRow }) {
  const { t } = useTranslation();
  if (body) return <MarkedText text={body} excerpt={excerpt} />;
  return <span className="soft">{t("archive.noText")}</span>;
}
