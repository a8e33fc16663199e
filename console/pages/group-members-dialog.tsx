import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { usePagesOf } from "../api/pages-of.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Empty } from "../ui/page.tsx";
import { PersonSearch } from "../ui/person-search.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import type { GroupRow } from "./group.ts";
import { type PersonRow, personShape } from "./person.ts";

interface MembersProps {
  /** Path of the tenant. */
  readonly tenant: string;
  readonly group: GroupRow;
  readonly onClose: () => void;
}

/** Who is in a group, page by page; people are found and added, or taken out. */
export function GroupMembersDialog({ tenant, group, onClose }: MembersProps) {
  const { t } = useTranslation();
  const { api, may } = useSession();
  const [changes, setChanges] = useState(0);
  const [said, setSaid] = useState("");
  const [error, setError] = useState<unknown>();
  const status = useRef<HTMLParagraphElement>(null);
  const people = `${tenant}/people`;
  const load = usePagesOf(personShape, people, changes, { group: group.id });
  const change = async (method: "PUT" | "DELETE", { id, name }: { readonly id: string; readonly name: string }) => {
    await api.send(method, `${tenant}${path`/groups/${group.id}/members/${id}`}`);
    setError(undefined);
    setChanges((before) => before + 1);
    setSaid(t(method === "PUT" ? "groups.added" : "groups.removed", { name }));
    // The button that was pressed goes with its row.
    if (method === "DELETE") status.current?.focus();
  };
  const columns: Column<PersonRow>[] = [
    { key: "name", title: t("people.name"), text: ({ name }) => name, sortable: true },
    { key: "localpart", title: t("people.localpart"), text: ({ localpart }) => localpart, sortable: true },
    { key: "status", title: t("people.status"), text: (row) => t(`people.statuses.${row.status}`) },
  ];
  return (
    <Dialog title={t("groups.membersOf", { name: group.name })} onClose={onClose} wide>
      {may("group:change") ? (
        <PersonSearch
          people={people}
          label={t("groups.addMember")}
          action={t("groups.add")}
          onChoose={(person) => change("PUT", person)}
        />
      ) : null}
      <p ref={status} role="status" tabIndex={-1} className="said">
        {said}
      </p>
      {error === undefined ? null : <ProblemNote error={error} />}
      <DataTable
        caption={t("groups.membersOf", { name: group.name })}
        columns={columns}
        load={load}
        rowKey={({ id }) => id}
        searchable
        exportAs="members"
        empty={<Empty title={t("groups.nobody")} />}
        rowActions={(person) =>
          may("group:change") ? (
            <Button
              label={`${t("groups.remove")}: ${person.name}`}
              onClick={() => void change("DELETE", person).catch(setError)}
            >
              {t("groups.remove")}
            </Button>
          ) : null
        }
      />
      <div className="actions dialog-end">
        <Button kind="primary" onClick={onClose}>
          {t("ui.close")}
        </Button>
      </div>
    </Dialog>
  );
}
