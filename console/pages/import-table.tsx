import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Empty } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { pageLocally, type TableQuery } from "../ui/table-data.ts";
import type { ImportLine, ImportReport } from "./import-report.ts";

/** Each line of an import and what became, or would become, of it. */
export function ImportTable({ report }: { readonly report: ImportReport }) {
  const { t } = useTranslation();
  const { lines } = report;
  const said = ({ fault, invitation }: ImportLine) => {
    if (fault) return t(`people.import.faults.${fault.kind}`, { about: fault.about });
    return t(invitation ? "people.import.imported" : "people.import.good");
  };
  const load = useCallback(
    async (query: TableQuery) => {
      const texts = ({ line, localpart, fault }: ImportLine) => ({
        line: String(line),
        localpart,
        result: fault ? "bad" : "good",
      });
      return pageLocally(lines, texts, query);
    },
    [lines],
  );
  const columns: Column<ImportLine>[] = [
    { key: "line", title: t("people.import.line"), text: ({ line }) => String(line), sortable: true },
    { key: "localpart", title: t("people.localpart"), text: ({ localpart }) => localpart, sortable: true },
    {
      key: "result",
      title: t("people.import.result"),
      text: said,
      cell: (line) => (
        <>
          <span className={line.fault ? "error" : undefined}>{said(line)}</span>
          {line.fault?.kind === "field" ? (
            <p className="hint" lang="en">
              {line.problem}
            </p>
          ) : null}
        </>
      ),
    },
  ];
  const choices = [
    { value: "bad", label: t("people.import.onlyBad") },
    { value: "good", label: t("people.import.onlyGood") },
  ];
  return (
    <DataTable
      caption={t("people.import.lines")}
      columns={columns}
      load={load}
      rowKey={({ line }) => String(line)}
      filters={[{ name: "result", label: t("people.import.result"), choices }]}
      empty={<Empty title={t("people.import.nothing")} />}
    />
  );
}
