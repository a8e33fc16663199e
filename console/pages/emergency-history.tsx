import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { useFormats } from "../ui/formats.ts";
import { Empty } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { pageLocally, type TableQuery } from "../ui/table-data.ts";
import { type Emergency, readEmergencies } from "./emergency.ts";

/** Which operators had access to a tenant for an emergency, why, and from when to when. */
export function EmergencyHistory({ tenant }: { readonly tenant: string }) {
  const { t } = useTranslation();
  const { time } = useFormats();
  const { api } = useSession();
  const load = useCallback(
    async (query: TableQuery) =>
      pageLocally(
        await readEmergencies(api, tenant),
        ({ name, reason, since, until, endedAt }) => ({ name, reason, since, until: endedAt ?? until }),
        query,
      ),
    [api, tenant],
  );
  const state = ({ running, endedAt }: Emergency) =>
    t(`emergency.states.${running ? "running" : endedAt === null ? "over" : "early"}`);
  const columns: Column<Emergency>[] = [
    { key: "since", title: t("emergency.since"), text: ({ since }) => time(since), sortable: true },
    { key: "until", title: t("emergency.until"), text: ({ until, endedAt }) => time(endedAt ?? until), sortable: true },
    { key: "name", title: t("emergency.who"), text: ({ name }) => name, sortable: true },
    { key: "reason", title: t("emergency.why"), text: ({ reason }) => reason },
    {
      key: "state",
      title: t("emergency.state"),
      text: state,
      cell: (row) => <span className="tag">{state(row)}</span>,
    },
  ];
  return (
    <div className="card">
      <h2>{t("emergency.history")}</h2>
      <DataTable
        caption={t("emergency.history")}
        columns={columns}
        load={load}
        rowKey={({ id }) => id}
        exportAs="emergency-access"
        empty={<Empty title={t("emergency.none")} />}
      />
    </div>
  );
}
