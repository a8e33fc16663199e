import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { useFormats } from "../ui/formats.ts";
import { type Emergency, readEmergencies, useNow } from "./emergency.ts";

/** Tells who protects a tenant's data that an operator has access just now: who, why, since, until. */
export function EmergencyNotice() {
  const { t } = useTranslation();
  const { time } = useFormats();
  const { api, session, mayIn } = useSession();
  const now = useNow();
  const [items, setItems] = useState<readonly Emergency[]>([]);
  const { tenant } = session.person;
  const allowed = mayIn("tenant:emergencies", tenant);
  // biome-ignore lint/correctness/useExhaustiveDependencies: looks again as time goes on
  useEffect(() => {
    // What fails here is asked again, and stands on the page of the tenant besides.
    if (allowed) readEmergencies(api, tenant).then(setItems, () => undefined);
  }, [api, tenant, allowed, now]);
  const running = items.filter((each) => each.running);
  if (running.length === 0) return null;
  return (
    <section className="note" role="alert" aria-labelledby="emergency-notice">
      <h2 id="emergency-notice">{t("emergency.running")}</h2>
      {running.map(({ id, name, reason, since, until }) => (
        <dl key={id}>
          <dt>{t("emergency.who")}</dt>
          <dd>{name}</dd>
          <dt>{t("emergency.why")}</dt>
          <dd>{reason}</dd>
          <dt>{t("emergency.since")}</dt>
          <dd>{time(since)}</dd>
          <dt>{t("emergency.until")}</dt>
          <dd>{time(until)}</dd>
        </dl>
      ))}
    </section>
  );
}
