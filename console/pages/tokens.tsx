import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { type Action, permissions } from "../../identity/permissions.ts";
import { path } from "../api/client.ts";
import { usePagesOf } from "../api/pages-of.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { CheckField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { useFormats } from "../ui/formats.ts";
import { useOpenDialog } from "../ui/open-dialog.ts";
import { Empty, Page } from "../ui/page.tsx";
import { SecretDialog } from "../ui/secret-dialog.tsx";
import { type Column, DataTable } from "../ui/table.tsx";

const tokenShape = z.object({
  id: z.string(),
  label: z.string(),
  scopes: z.array(z.string()),
  createdAt: z.string(),
  expiresAt: z.string(),
  revokedAt: z.nullable(z.string()),
});
type Token = z.infer<typeof tokenShape>;
const made = z.object({ token: z.string() });

type Open =
  | { readonly is: "new" }
  | { readonly is: "secret"; readonly secret: string }
  | { readonly is: "revoke"; readonly token: Token };

const isAction = (text: string): text is Action => Object.hasOwn(permissions, text);

/** API tokens: of one's tenant, or of the installation for who holds a role of it. */
export function TokensPage() {
  const { t } = useTranslation();
  const { day } = useFormats();
  const { api, session, tenant, may, mayIn } = useSession();
  const { open, show, close, changes, changed } = useOpenDialog<Open>();
  const ofAll = mayIn("token:read", undefined) && tenant === session.person.tenant;
  const base = ofAll ? "/tokens" : path`/tenants/${tenant}/tokens`;
  const load = usePagesOf(tokenShape, base, changes);
  const columns: Column<Token>[] = [
    { key: "label", title: t("tokens.label"), text: ({ label }) => label },
    { key: "scopes", title: t("tokens.scopes"), text: ({ scopes }) => scopes.join(", ") },
    { key: "createdAt", title: t("tokens.createdAt"), text: ({ createdAt }) => day(createdAt) },
    { key: "expiresAt", title: t("tokens.expiresAt"), text: ({ expiresAt }) => day(expiresAt) },
    {
      key: "revokedAt",
      title: t("tokens.revokedAt"),
      text: ({ revokedAt }) => (revokedAt === null ? "" : day(revokedAt)),
    },
  ];
  const make = async (values: FormData) => {
    const [year = 0, month = 1, date = 1] = String(values.get("expiresAt")).split("-").map(Number);
    const body = {
      label: String(values.get("label") ?? "").trim(),
      scopes: values.getAll("scopes").map(String),
      expiresAt: new Date(year, month - 1, date).toISOString(),
    };
    const { token } = made.parse((await api.send("POST", base, { body })).body);
    changed(undefined, { is: "secret", secret: token });
  };
  return (
    <Page
      title={t("tokens.title")}
      lead={t("tokens.lead")}
      actions={
        may("token:change") ? (
          <Button kind="primary" onClick={() => show({ is: "new" })}>
            {t("tokens.create")}
          </Button>
        ) : null
      }
    >
      <DataTable
        caption={t("tokens.title")}
        columns={columns}
        load={load}
        rowKey={({ id }) => id}
        exportAs="tokens"
        empty={<Empty title={t("tokens.empty")} />}
        rowActions={(token) =>
          may("token:change") && token.revokedAt === null ? (
            <Button label={`${t("tokens.revoke")}: ${token.label}`} onClick={() => show({ is: "revoke", token })}>
              {t("tokens.revoke")}
            </Button>
          ) : null
        }
      />
      {open?.is === "new" ? (
        <Dialog title={t("tokens.create")} onClose={close}>
          <Form submit={t("ui.save")} onSubmit={make} extra={<Button onClick={close}>{t("ui.cancel")}</Button>}>
            <TextField name="label" label={t("tokens.label")} required maxLength={100} autoComplete="off" />
            <TextField
              name="expiresAt"
              type="date"
              label={t("tokens.expiresAt")}
              hint={t("tokens.expiresHint")}
              required
            />
            <fieldset>
              <legend>{t("tokens.scopes")}</legend>
              {session.actions
                .filter(isAction)
                .filter((action) => !action.startsWith("own:") && mayIn(action, ofAll ? undefined : tenant))
                .map((action) => (
                  <CheckField key={action} name="scopes" value={action} label={action} />
                ))}
            </fieldset>
          </Form>
        </Dialog>
      ) : null}
      {open?.is === "secret" ? (
        <SecretDialog title={t("tokens.secret")} text={t("tokens.secretText")} secret={open.secret} onClose={close} />
      ) : null}
      {open?.is === "revoke" ? (
        <ConfirmDialog
          title={t("tokens.revokeOne", { name: open.token.label })}
          text={t("tokens.revokeText")}
          action={t("tokens.revoke")}
          danger
          onClose={close}
          onConfirm={async (reason) => {
            await api.send("DELETE", `${base}${path`/${open.token.id}`}`, { reason });
            changed(t("tokens.revoked"));
          }}
        />
      ) : null}
    </Page>
  );
}
