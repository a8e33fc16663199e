import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { useFormats } from "../ui/formats.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { quotaNames, type TenantRow } from "./tenant-dialog.tsx";

const usageShape = z.record(z.string(), z.object({ limit: z.number(), used: z.nullable(z.number()) }));
type Usage = z.infer<typeof usageShape>;

/** What a tenant may use, whether that was agreed for it, and how much of it is used. */
export function TenantQuotas({ tenant }: { readonly tenant: TenantRow }) {
  const { t } = useTranslation();
  const { number, gigabytes } = useFormats();
  const { api } = useSession();
  const [usage, setUsage] = useState<Usage>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    api.get(path`/tenants/${tenant.id}/usage`).then(({ body }) => setUsage(usageShape.parse(body)), setError);
  }, [api, tenant]);
  const shown = (name: string, value: number) => (name === "storageBytes" ? gigabytes(value) : number(value));
  const head = [t("tenant.quota"), t("tenant.limit"), t("tenant.used")];
  return (
    <section className="card" aria-labelledby="tenant-quotas">
      <h2 id="tenant-quotas">{t("tenant.quotas")}</h2>
      {error === undefined ? null : <ProblemNote error={error} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="scroll" tabIndex={0} aria-label={t("ui.scrolls", { caption: t("tenant.quotas") })}>
        <table>
          <thead>
            <tr>
              {head.map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {quotaNames.map((name) => {
              const { limit = tenant.limits[name] ?? 0, used = null } = usage?.[name] ?? {};
              return (
                <tr key={name}>
                  <th scope="row">{t(`tenant.quotaNames.${name}`)}</th>
                  <td>
                    {shown(name, limit)}{" "}
                    <span className="soft">
                      ({tenant.quotas[name] === undefined ? t("tenant.usual") : t("tenant.agreed")})
                    </span>
                  </td>
                  <td>
                    {used === null ? (
                      <span className="soft">{usage ? t("tenant.unknownUse") : t("ui.loading")}</span>
                    ) : (
                      <>
                        {shown(name, used)}{" "}
                        <meter
                          min={0}
                          max={Math.max(limit, 1)}
                          value={used}
                          aria-label={`${t(`tenant.quotaNames.${name}`)}: ${t("tenant.used")}`}
                        />
                      </>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </section>
  );
}
