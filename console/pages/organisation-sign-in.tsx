import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { call, queryText } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";

const offer = z.object({ organisation: z.nullable(z.object({ tenant: z.string() })) });
const start = z.object({ url: z.string() });
/** An answer for each letter would be too many. */
const PAUSE_MS = 300;

/** Offers the sign-in of an organisation once the address names one that has it. */
export function OrganisationSignIn({ jid }: { readonly jid: string }) {
  const { t } = useTranslation();
  const [tenant, setTenant] = useState<string>();
  const [leaving, setLeaving] = useState(false);
  const [error, setError] = useState<unknown>();
  const domain = /^[^@\s]+@([a-z0-9-]+(?:\.[a-z0-9-]+)*)$/i.exec(jid.trim())?.[1]?.toLowerCase();

  useEffect(() => {
    let current = true;
    setTenant(undefined);
    setError(undefined);
    if (domain === undefined) return;
    const look = async () => {
      const { body } = await call("GET", `/oidc/offer${queryText({ domain })}`);
      if (current) setTenant(offer.parse(body).organisation?.tenant);
    };
    // What cannot be told is not offered: the password works all the same.
    const timer = setTimeout(() => void look().catch(() => undefined), PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [domain]);

  const go = async (to: string) => {
    setLeaving(true);
    setError(undefined);
    try {
      const { url } = start.parse((await call("POST", "/oidc/start", { body: { tenant: to } })).body);
      window.location.assign(url);
    } catch (failure) {
      setLeaving(false);
      setError(failure);
    }
  };
  return (
    <>
      <div role="status">{tenant === undefined ? null : <p className="hint">{t("signIn.offered")}</p>}</div>
      {error === undefined ? null : <ProblemNote error={error} />}
      {tenant === undefined ? null : (
        <div className="actions">
          <Button busy={leaving} onClick={() => void go(tenant)}>
            {leaving ? t("signIn.leaving") : t("signIn.organisation")}
          </Button>
        </div>
      )}
    </>
  );
}
