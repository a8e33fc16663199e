import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { CopyField } from "../ui/copy-field.tsx";
import type { OwnPresence } from "./own-presence.ts";

const forHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Where one's badge is, what it shows, and how to put it into a page. */
export function OwnBadge({ badge }: { readonly badge: NonNullable<OwnPresence["badge"]> }) {
  const { t, i18n } = useTranslation();
  const { person } = useSession().session;
  const { svg, json, shown } = badge;
  const html = `<img src="${forHtml(svg)}" alt="${forHtml(t("ownPresence.badgeAlt", { name: person.name }))}">`;
  return (
    <>
      {shown ? (
        <p className="badge">
          {t("ownPresence.badgeShown")}{" "}
          {/* From where this page came: the public address may be one that cannot be reached from here. */}
          <img src={`${new URL(svg).pathname}?lang=${i18n.language}`} alt={t("ownPresence.badgeImage")} />
        </p>
      ) : (
        <p role="status">{t("ownPresence.badgeHidden")}</p>
      )}
      <CopyField label={t("ownPresence.badgeHtml")} text={html} />
      <div className="columns">
        <CopyField label={t("ownPresence.badgeAddress")} text={svg} />
        <CopyField label={t("ownPresence.badgeJson")} text={json} />
      </div>
    </>
  );
}
