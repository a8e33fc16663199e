import { useState } from "react";
import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { usePagesOf } from "../api/pages-of.ts";
import { useSession } from "../api/session.tsx";
import { roleName } from "../texts/role-name.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { useOpenDialog } from "../ui/open-dialog.ts";
import { Empty, Page } from "../ui/page.tsx";
import { SecretDialog } from "../ui/secret-dialog.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { ImportDialog } from "./import-dialog.tsx";
import { NewPersonDialog } from "./new-person-dialog.tsx";
import { invitationShape, type PersonRow, type PersonTurn, personShape, personStatuses, turnsOf } from "./person.ts";
import { PersonDialog } from "./person-dialog.tsx";

type Open =
  | { readonly is: "new" | "import" }
  | { readonly is: "link"; readonly link: string }
  | { readonly is: "change"; readonly person: PersonRow }
  | { readonly is: PersonTurn; readonly person: PersonRow };

/** The people of one's own tenant: add, import, invite, change, disable, let come back, delete. */
export function PeoplePage() {
  const { t } = useTranslation();
  const { api, tenant: id, may } = useSession();
  const { open, show, close, changes, changed } = useOpenDialog<Open>();
  /** Counts the imports, after which the table loads anew under the open dialog. */
  const [imports, setImports] = useState(0);
  const tenant = path`/tenants/${id}`;
  const base = `${tenant}/people`;
  const load = usePagesOf(personShape, base, changes + imports);
  const columns: Column<PersonRow>[] = [
    { key: "localpart", title: t("people.localpart"), text: ({ localpart }) => localpart, sortable: true },
    { key: "name", title: t("people.name"), text: ({ name }) => name, sortable: true },
    { key: "email", title: t("people.email"), text: ({ email }) => email ?? "" },
    { key: "roles", title: t("people.roles"), text: ({ roles }) => roles.map((role) => roleName(t, role)).join(", ") },
    {
      key: "status",
      title: t("people.status"),
      text: ({ status }) => t(`people.statuses.${status}`),
      cell: ({ status, account }) => (
        <>
          <span className="tag">{t(`people.statuses.${status}`)}</span>
          {account === "pending" || account === "failed" ? (
            <span className="tag">{t(`people.accounts.${account}`)}</span>
          ) : null}
        </>
      ),
    },
  ];
  const turn = async (what: PersonTurn, { id, name }: PersonRow, reason: string) => {
    const at = `${base}${path`/${id}`}`;
    if (what === "delete" || what === "disable") {
      await api.send(what === "delete" ? "DELETE" : "POST", what === "delete" ? at : `${at}/disable`, { reason });
      changed(t(`people.${what}.done`, { name }));
    } else {
      const { body } = await api.send("POST", `${at}/${what}`, { reason });
      changed(undefined, { is: "link", link: invitationShape.parse(body).link });
    }
  };
  const choices = personStatuses.map((value) => ({ value, label: t(`people.statuses.${value}`) }));
  return (
    <Page
      title={t("people.title")}
      lead={t("people.lead")}
      actions={
        may("person:create") ? (
          <>
            <Button onClick={() => show({ is: "import" })}>{t("people.import.open")}</Button>
            <Button kind="primary" onClick={() => show({ is: "new" })}>
              {t("people.create")}
            </Button>
          </>
        ) : null
      }
    >
      <DataTable
        caption={t("people.title")}
        columns={columns}
        load={load}
        rowKey={({ id }) => id}
        searchable
        filters={[{ name: "status", label: t("people.status"), choices }]}
        exportAs="people"
        empty={<Empty title={t("people.empty")} />}
        rowActions={(person) => (
          <>
            {may("person:change") && person.status !== "deleted" ? (
              <Button
                label={t("people.changeOne", { name: person.name })}
                onClick={() => show({ is: "change", person })}
              >
                {t("ui.change")}
              </Button>
            ) : null}
            {turnsOf(person.status)
              .filter((what) => may(what === "delete" ? "person:delete" : "person:change"))
              .map((what) => (
                <Button
                  key={what}
                  label={`${t(`people.${what}.action`)}: ${person.name}`}
                  onClick={() => show({ is: what, person })}
                >
                  {t(`people.${what}.action`)}
                </Button>
              ))}
          </>
        )}
      />
      {open?.is === "new" ? (
        <NewPersonDialog
          base={base}
          onClose={close}
          onDone={(link) => {
            if (link === undefined) changed(t("ui.saved"));
            else changed(undefined, { is: "link", link });
          }}
        />
      ) : null}
      {open?.is === "import" ? (
        <ImportDialog base={base} onClose={close} onImported={() => setImports((before) => before + 1)} />
      ) : null}
      {open?.is === "link" ? (
        <SecretDialog title={t("people.link")} text={t("people.linkText")} secret={open.link} onClose={close} />
      ) : null}
      {open?.is === "change" ? (
        <PersonDialog tenant={tenant} person={open.person} onClose={close} onDone={() => changed(t("ui.saved"))} />
      ) : null}
      {open && "person" in open && open.is !== "change" ? (
        <ConfirmDialog
          title={t(`people.${open.is}.title`, { name: open.person.name })}
          text={t(`people.${open.is}.text`)}
          action={t(`people.${open.is}.action`)}
          danger={open.is === "disable" || open.is === "delete"}
          onClose={close}
          onConfirm={(reason) => turn(open.is, open.person, reason)}
        />
      ) : null}
    </Page>
  );
}
