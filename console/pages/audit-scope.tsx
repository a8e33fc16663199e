import { useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { queryText } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { loadAll } from "../ui/table-data.ts";

/** The log of what concerns no tenant. */
export const INSTALLATION = "-";

const answer = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string() })),
  next: z.nullable(z.string()),
});

interface ScopeProps {
  readonly value: string;
  readonly onChange: (of: string) => void;
}

/** Which log is looked at: that of the installation, or that of a tenant. */
export function AuditScope({ value, onChange }: ScopeProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const id = useId();
  const [tenants, setTenants] = useState<readonly { id: string; name: string }[]>([]);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    loadAll(async ({ after, limit }) => answer.parse((await api.get(`/tenants${queryText({ after, limit })}`)).body), {
      sort: undefined,
      search: "",
      filters: {},
    }).then(setTenants, setError);
  }, [api]);
  return (
    <div className="field">
      {error === undefined ? null : <ProblemNote error={error} />}
      <label htmlFor={id}>{t("audit.of")}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value={INSTALLATION}>{t("audit.installation")}</option>
        {tenants.map((tenant) => (
          <option key={tenant.id} value={tenant.id}>
            {tenant.name}
          </option>
        ))}
      </select>
    </div>
  );
}
