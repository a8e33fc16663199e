import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useSession } from "../api/session.tsx";
import { pages } from "../pages.ts";
import { Page } from "../ui/page.tsx";
import { EmergencyNotice } from "./emergency-notice.tsx";
import { OwnEmergencies } from "./own-emergencies.tsx";

/** Who one is, and where one may go. */
export function OverviewPage() {
  const { t } = useTranslation();
  const { session, may } = useSession();
  const there = pages.filter(({ path, action }) => path !== "/" && (action === undefined || may(action)));
  return (
    <Page title={t("overview.title")} lead={t("overview.greeting", { name: session.person.name })}>
      <EmergencyNotice />
      <OwnEmergencies />
      <ul className="cards">
        {there.map(({ path, name }) => (
          <li key={path}>
            <Link to={path}>
              <strong>{t(`${name}.title`)}</strong>
              {t(`${name}.lead`)}
            </Link>
          </li>
        ))}
      </ul>
    </Page>
  );
}
