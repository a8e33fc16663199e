import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { path, queryText } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { useFormats } from "../ui/formats.ts";
import { Empty, Page } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import type { TableQuery } from "../ui/table-data.ts";
import { AuditHead } from "./audit-head.tsx";
import { AuditScope, INSTALLATION } from "./audit-scope.tsx";
import { EmergencyHistory } from "./emergency-history.tsx";

const entryShape = z.object({
  position: z.number(),
  at: z.string(),
  actor: z.object({ id: z.string(), name: z.nullable(z.string()) }),
  roles: z.array(z.string()),
  action: z.string(),
  object: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  reason: z.nullable(z.string()),
  address: z.nullable(z.string()),
  requestId: z.nullable(z.string()),
  hash: z.string(),
});
type Entry = z.infer<typeof entryShape>;
const answer = z.object({ items: z.array(entryShape), next: z.nullable(z.string()) });

type Asked = Readonly<Record<"from" | "to" | "actor" | "action" | "object", string>>;
const nothing: Asked = { from: "", to: "", actor: "", action: "", object: "" };

/** A day as somebody chose it, in their time zone, as the instant at which it begins or ends. */
const instant = (day: string, plusDays: number): string => {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return day === "" ? "" : new Date(year, month - 1, date + plusDays).toISOString();
};

/** The audit log: search, look closer, take along. Each search is an entry of the log itself. */
export function AuditPage() {
  const { t } = useTranslation();
  const { exactTime } = useFormats();
  const { api, tenant, mayIn } = useSession();
  const [asked, setAsked] = useState(nothing);
  const [open, setOpen] = useState<Entry>();
  const everywhere = mayIn("audit:read", undefined);
  const [of, setOf] = useState(everywhere ? INSTALLATION : tenant);
  const base = of === INSTALLATION ? "/audit" : path`/tenants/${of}/audit`;
  const load = useCallback(
    async ({ after, limit }: TableQuery) =>
      answer.parse((await api.get(`${base}${queryText({ ...asked, cursor: after, limit })}`)).body),
    [api, base, asked],
  );
  const columns: Column<Entry>[] = [
    { key: "at", title: t("audit.at"), text: ({ at }) => exactTime(at) },
    { key: "actor", title: t("audit.actor"), text: ({ actor }) => actor.name ?? t("audit.erased") },
    { key: "action", title: t("audit.action"), text: ({ action }) => action },
    { key: "object", title: t("audit.object"), text: ({ object }) => object },
    { key: "reason", title: t("audit.reason"), text: ({ reason }) => reason ?? "" },
  ];
  const search = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    setAsked({
      from: instant(text("from"), 0),
      to: instant(text("to"), 1),
      actor: text("actor"),
      action: text("action"),
      object: text("object"),
    });
  };
  return (
    <Page title={t("audit.title")} lead={t("audit.lead")}>
      {everywhere ? <AuditScope value={of} onChange={setOf} /> : null}
      <AuditHead base={base} />
      <search className="card">
        <Form submit={t("ui.search")} onSubmit={search}>
          <div className="cards">
            <TextField name="from" type="date" label={t("audit.from")} />
            <TextField name="to" type="date" label={t("audit.to")} />
            <TextField name="actor" label={t("audit.actor")} maxLength={200} />
            <TextField name="action" label={t("audit.action")} hint={t("audit.actionHint")} maxLength={200} />
            <TextField name="object" label={t("audit.object")} hint={t("audit.objectHint")} maxLength={200} />
          </div>
        </Form>
        <p className="actions">
          {(["csv", "json"] as const).map((format) => (
            <a key={format} download href={`/api/v1${base}/export${queryText({ ...asked, format })}`}>
              {t("audit.export", { format: format.toUpperCase() })}
            </a>
          ))}
        </p>
      </search>
      <DataTable
        // Another search begins at its first page.
        key={JSON.stringify([of, asked])}
        caption={t("audit.title")}
        columns={columns}
        load={load}
        rowKey={({ position }) => String(position)}
        empty={<Empty title={t("audit.empty")} />}
        rowActions={(entry) => (
          <Button label={t("audit.detailsOf", { number: entry.position })} onClick={() => setOpen(entry)}>
            {t("audit.details")}
          </Button>
        )}
      />
      {of !== INSTALLATION && mayIn("tenant:emergencies", of) ? <EmergencyHistory tenant={of} /> : null}
      {open ? (
        <Dialog title={t("audit.detailsOf", { number: open.position })} onClose={() => setOpen(undefined)}>
          <dl>
            {columns.map(({ key, title, text }) => (
              <div key={key} className="pair">
                <dt>{title}</dt>
                <dd>{text(open) || "–"}</dd>
              </div>
            ))}
            <div className="pair">
              <dt>{t("audit.address")}</dt>
              <dd>{open.address ?? "–"}</dd>
            </div>
            <div className="pair">
              <dt>{t("ui.requestId")}</dt>
              <dd>{open.requestId ?? "–"}</dd>
            </div>
          </dl>
          <h3>{t("audit.before")}</h3>
          <pre>{JSON.stringify(open.before, null, 2)}</pre>
          <h3>{t("audit.after")}</h3>
          <pre>{JSON.stringify(open.after, null, 2)}</pre>
          <Button kind="primary" onClick={() => setOpen(undefined)}>
            {t("ui.close")}
          </Button>
        </Dialog>
      ) : null}
    </Page>
  );
}
