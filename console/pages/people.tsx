import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { path, queryText } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { roleName } from "../texts/role-name.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Empty, Page } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import type { TableQuery } from "../ui/table-data.ts";
import { useToast } from "../ui/toast.tsx";
import { NewPersonDialog } from "./new-person-dialog.tsx";
import { invitationShape, type PersonRow, type PersonTurn, personShape, personStatuses, turnsOf } from "./person.ts";

const answer = z.object({ items: z.array(personShape), next: z.nullable(z.string()) });

type Open =
  | { readonly is: "new" }
  | { readonly is: "link"; readonly link: string }
  | { readonly is: PersonTurn; readonly person: PersonRow };

/** The people of one's own tenant: add, invite, disable, let come back, delete. */
export function PeoplePage() {
  const { t } = useTranslation();
  const { api, session, may } = useSession();
  const toast = useToast();
  const [open, setOpen] = useState<Open>();
  /** Counts up with each change, so that the table loads anew. */
  const [changes, setChanges] = useState(0);
  const base = path`/tenants/${session.person.tenant}/people`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change makes the rows old
  const load = useCallback(
    async ({ after, limit, sort, search, filters }: TableQuery) =>
      answer.parse(
        (await api.get(`${base}${queryText({ cursor: after, limit, sort, text: search, ...filters })}`)).body,
      ),
    [api, base, changes],
  );
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
  const close = () => setOpen(undefined);
  const changed = () => setChanges((before) => before + 1);
  const turn = async (what: PersonTurn, { id, name }: PersonRow, reason: string) => {
    const at = `${base}${path`/${id}`}`;
    if (what === "delete" || what === "disable") {
      await api.send(what === "delete" ? "DELETE" : "POST", what === "delete" ? at : `${at}/disable`, { reason });
      close();
      toast(t(`people.${what}.done`, { name }));
    } else {
      const { body } = await api.send("POST", `${at}/${what}`, { reason });
      setOpen({ is: "link", link: invitationShape.parse(body).link });
    }
    changed();
  };
  const choices = personStatuses.map((value) => ({ value, label: t(`people.statuses.${value}`) }));
  return (
    <Page
      title={t("people.title")}
      lead={t("people.lead")}
      actions={
        may("person:create") ? (
          <Button kind="primary" onClick={() => setOpen({ is: "new" })}>
            {t("people.create")}
          </Button>
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
        rowActions={(person) =>
          turnsOf(person.status)
            .filter((what) => may(what === "delete" ? "person:delete" : "person:change"))
            .map((what) => (
              <Button
                key={what}
                label={`${t(`people.${what}.action`)}: ${person.name}`}
                onClick={() => setOpen({ is: what, person })}
              >
                {t(`people.${what}.action`)}
              </Button>
            ))
        }
      />
      {open?.is === "new" ? (
        <NewPersonDialog
          base={base}
          onClose={close}
          onDone={(link) => {
            changed();
            if (link === undefined) toast(t("ui.saved"));
            setOpen(link === undefined ? undefined : { is: "link", link });
          }}
        />
      ) : null}
      {open?.is === "link" ? (
        <Dialog title={t("people.link")} onClose={close}>
          <p>{t("people.linkText")}</p>
          <p>
            <code className="secret">{open.link}</code>
          </p>
          <Button kind="primary" onClick={close}>
            {t("ui.close")}
          </Button>
        </Dialog>
      ) : null}
      {open && open.is !== "new" && open.is !== "link" ? (
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
