import { useTranslation } from "react-i18next";
import { Page } from "../ui/page.tsx";

const parts = ["standard", "state", "keyboard", "contact", "enforcement"] as const;

/** The statement of accessibility (BITV 2.0, EN 301 549). */
export function AccessibilityPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("accessibility.title")}>
      {parts.map((part) => (
        <section className="card" key={part}>
          <h2>{t(`accessibility.${part}.title`)}</h2>
          <p>{t(`accessibility.${part}.text`)}</p>
        </section>
      ))}
    </Page>
  );
}
