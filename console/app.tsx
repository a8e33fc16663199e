import { useTranslation } from "react-i18next";
import { Navigate, Route, Routes } from "react-router";
import { useSession, useSessionContext } from "./api/session.tsx";
import { Frame } from "./frame.tsx";
import { AccessibilityPage } from "./pages/accessibility.tsx";
import { InvitationPage } from "./pages/invitation.tsx";
import { PresenceWebhooksPage } from "./pages/presence-webhooks.tsx";
import { RoomExportsPage } from "./pages/room-exports.tsx";
import { RoomPage } from "./pages/room-page.tsx";
import { RoomRulesPage } from "./pages/room-rules.tsx";
import { SignInPage } from "./pages/sign-in.tsx";
import { TenantPage } from "./pages/tenant.tsx";
import { pages } from "./pages.ts";
import { TenantBanner } from "./tenant-banner.tsx";
import { Empty, Page } from "./ui/page.tsx";
import { ProblemNote } from "./ui/problem-note.tsx";

/** All pages: that of an invitation for everybody, the others as the session says. */
export function App() {
  return (
    <Routes>
      <Route
        path="/invitation"
        element={
          <Frame entries={[]}>
            <InvitationPage />
          </Frame>
        }
      />
      <Route path="*" element={<SessionPages />} />
    </Routes>
  );
}

/** Which page is shown to whom: what one may not do is not there. */
function SessionPages() {
  const { t } = useTranslation();
  const { state, ask } = useSessionContext();
  if (state.is === "asking") return <p role="status">{t("ui.loading")}</p>;
  if (state.is === "failed") {
    return (
      <Frame entries={[]}>
        <Page title={t("app.away")}>
          <ProblemNote error={state.error} retry={ask} />
        </Page>
      </Frame>
    );
  }
  if (state.is === "out") {
    return (
      <Frame entries={[]}>
        <Routes>
          <Route path="/accessibility" element={<AccessibilityPage />} />
          <Route path="*" element={<SignInPage ended={state.ended} />} />
        </Routes>
      </Frame>
    );
  }
  return <OpenPages />;
}

/** The pages that one may see in the tenant that is shown; another tenant begins them anew. */
function OpenPages() {
  const { t } = useTranslation();
  const { tenant, may } = useSession();
  const entries = pages.filter(({ action }) => action === undefined || may(action));
  return (
    <Frame entries={entries} banner={<TenantBanner />}>
      <Routes key={tenant}>
        {entries.map(({ path, Element }) => (
          <Route key={path} path={path} element={<Element />} />
        ))}
        {may("tenant:list") ? <Route path="/tenants/:tenant" element={<TenantPage />} /> : null}
        {may("rooms:read") ? (
          <>
            <Route path="/rooms/:room" element={<RoomPage />} />
            <Route path="/room-rules" element={<RoomRulesPage />} />
          </>
        ) : null}
        {may("archive:export") ? <Route path="/rooms/:room/exports" element={<RoomExportsPage />} /> : null}
        {may("presence:webhooks") ? <Route path="/presence-webhooks" element={<PresenceWebhooksPage />} /> : null}
        <Route path="/accessibility" element={<AccessibilityPage />} />
        <Route path="/sign-in" element={<Navigate to="/" replace />} />
        <Route
          path="*"
          element={
            <Page title={t("app.nothing")}>
              <Empty title={t("app.nothingText")} />
            </Page>
          }
        />
      </Routes>
    </Frame>
  );
}
