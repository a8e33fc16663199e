import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { useFormats } from "../ui/formats.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { ownEmergencies, useEndEmergency, useNow } from "./emergency.ts";

/** One's running emergency accesses with the time that is left, each to be ended now; nothing when there are none. */
export function OwnEmergencies({ only }: { readonly only?: string }) {
  const { t } = useTranslation();
  const { clock } = useFormats();
  const { session } = useSession();
  const toast = useToast();
  const end = useEndEmergency();
  const now = useNow();
  const [error, setError] = useState<unknown>();
  const mine = ownEmergencies(session, now).filter(({ tenant }) => only === undefined || tenant === only);
  if (mine.length === 0) return null;
  return (
    <section className="note" aria-labelledby="own-emergencies">
      <h2 id="own-emergencies">{t("emergency.own")}</h2>
      {error === undefined ? null : <ProblemNote error={error} />}
      <ul>
        {mine.map(({ tenant, until }) => (
          <li key={tenant}>
            <Link to={path`/tenants/${tenant}`}>{tenant}</Link>
            {": "}
            {t("emergency.left", { count: Math.ceil((until - now) / 60_000), until: clock(until) })}{" "}
            <Button
              label={t("emergency.endOne", { name: tenant })}
              onClick={() => void end(tenant).then(() => toast(t("emergency.ended")), setError)}
            >
              {t("emergency.end")}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
