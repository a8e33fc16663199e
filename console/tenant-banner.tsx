import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import * as z from "zod/mini";
import { path } from "./api/client.ts";
import { useSession } from "./api/session.tsx";
import { ownEmergencies, useNow } from "./pages/emergency.ts";
import { pages } from "./pages.ts";
import { useFormats } from "./ui/formats.ts";

const named = z.object({ name: z.string() });

/** For somebody with rights in several tenants: which one the pages show, and a plain warning while it is not his own. */
export function TenantBanner() {
  const { t } = useTranslation();
  const { clock } = useFormats();
  const { api, session, tenant, tenants, choose, mayIn } = useSession();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const now = useNow();
  const [names, setNames] = useState<Readonly<Record<string, string>>>({});
  // Without its name a tenant is shown by its id.
  const readable = tenants.length < 2 ? "" : tenants.filter((id) => mayIn("tenant:read", id)).join(" ");
  useEffect(() => {
    let wanted = true;
    for (const id of readable.split(" ").filter(Boolean)) {
      api.get(path`/tenants/${id}`).then(
        ({ body }) => wanted && setNames((before) => ({ ...before, [id]: named.parse(body).name })),
        () => undefined,
      );
    }
    return () => {
      wanted = false;
    };
  }, [api, readable]);
  const own = session.person.tenant;
  const foreign = tenant !== own;
  const until = ownEmergencies(session, now).find((each) => each.tenant === tenant)?.until;
  const nameOf = (id: string) => names[id] ?? id;
  const go = (to: string) => {
    const stays = pages.some((page) => page.path === pathname && (!page.action || mayIn(page.action, to)));
    if (!stays) navigate("/");
    choose(to);
  };
  if (tenants.length < 2) return null;
  return (
    <section className={foreign ? "which foreign" : "which"} aria-label={t("app.which")}>
      <fieldset className="switches">
        <legend className="unseen">{t("app.which")}</legend>
        <span aria-hidden="true">{t("app.which")}:</span>
        {tenants.map((id) => (
          <button key={id} type="button" aria-pressed={id === tenant} onClick={() => go(id)}>
            {nameOf(id)}
          </button>
        ))}
      </fieldset>
      <p role="status">
        {foreign ? <strong>{t("app.foreign", { name: nameOf(tenant) })}</strong> : null}
        {until === undefined
          ? null
          : ` ${t("emergency.left", {
              count: Math.ceil((until - now) / 60_000),
              until: clock(until),
            })}`}
      </p>
    </section>
  );
}
