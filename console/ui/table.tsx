import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import type { Choice } from "./field.tsx";
import { ProblemNote } from "./problem-note.tsx";
import { saveText } from "./save-text.ts";
import { csvOf, type Load, loadAll, type TablePage } from "./table-data.ts";
import { Filters } from "./table-filters.tsx";

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  /** What the cell says in plain text: shown unless `cell` is there, and exported. */
  readonly text: (row: T) => string;
  readonly cell?: (row: T) => ReactNode;
  readonly sortable?: boolean;
}

export interface TableFilter {
  readonly name: string;
  readonly label: string;
  readonly choices: readonly Choice[];
}

interface TableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  /** Must stay the same function while it loads the same: a new one loads anew. */
  readonly load: Load<T>;
  readonly rowKey: (row: T) => string;
  readonly searchable?: boolean;
  readonly filters?: readonly TableFilter[];
  readonly rowActions?: ((row: T) => ReactNode) | undefined;
  /** Name of the file without ending; absent: not offered. */
  readonly exportAs?: string;
  readonly empty: ReactNode;
}

const LIMIT = 25;

type Shown<T> =
  | { readonly is: "loading"; readonly page: TablePage<T> | undefined }
  | { readonly is: "failed"; readonly error: unknown }
  | { readonly is: "there"; readonly page: TablePage<T> };

/** A table that sorts, searches, filters, pages and exports. */
export function DataTable<T>(props: TableProps<T>) {
  const { caption, columns, load, rowKey, searchable, filters = [], rowActions, exportAs, empty } = props;
  const { t } = useTranslation();
  const [sort, setSort] = useState<string>();
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<Readonly<Record<string, string>>>({});
  /** Cursors of the pages up to this one; the first page has none. */
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [shown, setShown] = useState<Shown<T>>({ is: "loading", page: undefined });
  const [exporting, setExporting] = useState(false);
  const region = useRef<HTMLElement>(null);
  const after = cursors.at(-1);

  const fetchPage = useCallback(() => {
    let wanted = true;
    setShown((before) => ({ is: "loading", page: before.is === "failed" ? undefined : before.page }));
    load({ after, limit: LIMIT, sort, search, filters: chosen }).then(
      (page) => wanted && setShown({ is: "there", page }),
      (error: unknown) => wanted && setShown({ is: "failed", error }),
    );
    // An answer that comes after the next question is nobody's any more.
    return () => {
      wanted = false;
    };
  }, [load, after, sort, search, chosen]);
  useEffect(fetchPage, [fetchPage]);

  const fromStart = (change: () => void) => {
    change();
    setCursors([]);
  };
  const sortBy = (key: string) => fromStart(() => setSort(sort === key ? `-${key}` : key));
  const turn = (to: readonly string[]) => {
    setCursors(to);
    region.current?.focus();
  };
  const save = async () => {
    setExporting(true);
    try {
      const rows = await loadAll(load, { sort, search, filters: chosen });
      const head = columns.map(({ title }) => title);
      const lines = rows.map((row) => columns.map(({ text }) => text(row)));
      saveText(`${exportAs}.csv`, "text/csv;charset=utf-8", csvOf(head, lines));
    } catch (error) {
      setShown({ is: "failed", error });
    } finally {
      setExporting(false);
    }
  };

  if (shown.is === "failed") return <ProblemNote error={shown.error} retry={fetchPage} />;
  const { page } = shown;
  const plain = search === "" && Object.keys(chosen).length === 0 && cursors.length === 0;
  if (shown.is === "there" && plain && page?.items.length === 0) return <>{empty}</>;
  return (
    <section ref={region} tabIndex={-1} aria-label={caption} aria-busy={shown.is === "loading"} className="table">
      <div className="table-tools">
        <Filters
          searchable={searchable ?? false}
          filters={filters}
          onSearch={(text) => fromStart(() => setSearch(text))}
          onChoose={(name, value) =>
            fromStart(() => {
              const { [name]: _old, ...others } = chosen;
              setChosen(value === "" ? others : { ...others, [name]: value });
            })
          }
        />
        {exportAs ? (
          <Button onClick={save} busy={exporting}>
            {exporting ? t("ui.busy") : t("ui.export")}
          </Button>
        ) : null}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="scroll" tabIndex={0} aria-label={t("ui.scrolls", { caption })}>
        <table>
          <caption className="unseen">{caption}</caption>
          <thead>
            <tr>
              {columns.map(({ key, title, sortable }) => (
                <th
                  key={key}
                  scope="col"
                  aria-sort={sort === key ? "ascending" : sort === `-${key}` ? "descending" : undefined}
                >
                  {sortable ? (
                    <button type="button" onClick={() => sortBy(key)}>
                      {title}
                      <span aria-hidden="true">{sort === key ? " ▲" : sort === `-${key}` ? " ▼" : " ↕"}</span>
                    </button>
                  ) : (
                    title
                  )}
                </th>
              ))}
              {rowActions ? (
                <th scope="col">
                  <span className="unseen">{t("ui.actions")}</span>
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {page?.items.map((row) => (
              <tr key={rowKey(row)}>
                {columns.map(({ key, text, cell }, index) =>
                  index === 0 ? (
                    <th key={key} scope="row">
                      {cell ? cell(row) : text(row)}
                    </th>
                  ) : (
                    <td key={key}>{cell ? cell(row) : text(row)}</td>
                  ),
                )}
                {rowActions ? <td className="row-actions">{rowActions(row)}</td> : null}
              </tr>
            ))}
          </tbody>
        </table>
        {shown.is === "there" && page?.items.length === 0 ? <p className="soft none">{t("ui.noneFound")}</p> : null}
      </section>
      <div className="table-foot">
        <p role="status">
          {shown.is === "loading" ? t("ui.loading") : t("ui.rows", { count: page?.items.length ?? 0 })}
          {cursors.length > 0 ? ` · ${t("ui.pageNumber", { number: cursors.length + 1 })}` : ""}
        </p>
        {cursors.length > 0 ? <Button onClick={() => turn(cursors.slice(0, -1))}>{t("ui.previous")}</Button> : null}
        {page?.next ? <Button onClick={() => turn([...cursors, page.next ?? ""])}>{t("ui.next")}</Button> : null}
      </div>
    </section>
  );
}
