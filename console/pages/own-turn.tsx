import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../ui/formats.ts";
import { MarkedText } from "./marked-text.tsx";
import type { OwnMessage } from "./own-message.ts";

interface TurnProps {
  readonly message: OwnMessage;
  /** Stands below the text. */
  readonly children?: ReactNode;
}

/** One message: who said it, when, and what. */
export function OwnTurn({ message, children }: TurnProps) {
  const { t } = useTranslation();
  const { exactTime } = useFormats();
  const { at, direction, body, encrypted, excerpt = [] } = message;
  const sent = direction === "sent";
  return (
    <li className={sent ? "turn own" : "turn"}>
      <p className="soft">
        <strong>{sent ? t("ownMessages.me") : message.with}</strong>{" "}
        {sent ? `${t("ownMessages.addressee", { who: message.with })} ` : ""}
        <time dateTime={at}>{exactTime(at)}</time>{" "}
        {encrypted ? <span className="tag">{t("ownMessages.encrypted")}</span> : null}
      </p>
      <p className="text">
        {encrypted ? (
          <span className="soft">{t("ownMessages.encryptedText")}</span>
        ) : (
          <MarkedText text={body ?? ""} excerpt={excerpt} />
        )}
      </p>
      {children}
    </li>
  );
}
