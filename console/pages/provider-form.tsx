import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { SelectField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";

export const providerShape = z.object({
  issuer: z.string(),
  clientId: z.string(),
  personClaim: z.string(),
  personMatch: z.enum(["localpart", "email"]),
  tenantClaim: z.string(),
  tenantValue: z.string(),
  redirectUri: z.string(),
  version: z.number(),
});
export type Provider = z.infer<typeof providerShape>;

interface ProviderFormProps {
  /** Absent: none is set up. */
  readonly provider: Provider | undefined;
  readonly save: (body: Readonly<Record<string, string>>) => Promise<void>;
}

/** What an administrator says of the OpenID provider. */
export function ProviderForm({ provider, save }: ProviderFormProps) {
  const { t } = useTranslation();
  const send = async (values: FormData) => {
    const entries = [...values.entries()].map(([name, value]) => [name, String(value).trim()] as const);
    // An empty secret is no secret: the one that is kept stays.
    await save(Object.fromEntries(entries.filter(([name, value]) => name !== "clientSecret" || value !== "")));
  };
  return (
    <Form submit={t("ui.save")} onSubmit={send}>
      <h2>{t("signInSettings.provider")}</h2>
      <TextField
        name="issuer"
        label={t("signInSettings.issuer")}
        hint={t("signInSettings.issuerHint")}
        required
        maxLength={500}
        autoComplete="off"
        defaultValue={provider?.issuer}
      />
      <TextField
        name="clientId"
        label={t("signInSettings.clientId")}
        required
        maxLength={300}
        autoComplete="off"
        defaultValue={provider?.clientId}
      />
      <TextField
        name="clientSecret"
        type="password"
        label={t("signInSettings.clientSecret")}
        hint={provider ? t("signInSettings.secretKept") : t("signInSettings.secretHint")}
        required={provider === undefined}
        maxLength={1000}
        autoComplete="new-password"
      />
      <h2>{t("signInSettings.who")}</h2>
      <TextField
        name="tenantClaim"
        label={t("signInSettings.tenantClaim")}
        hint={t("signInSettings.tenantClaimHint")}
        required
        maxLength={100}
        autoComplete="off"
        defaultValue={provider?.tenantClaim}
      />
      <TextField
        name="tenantValue"
        label={t("signInSettings.tenantValue")}
        hint={t("signInSettings.tenantValueHint")}
        required
        maxLength={300}
        autoComplete="off"
        defaultValue={provider?.tenantValue}
      />
      <TextField
        name="personClaim"
        label={t("signInSettings.personClaim")}
        hint={t("signInSettings.personClaimHint")}
        required
        maxLength={100}
        autoComplete="off"
        defaultValue={provider?.personClaim ?? "preferred_username"}
      />
      <SelectField
        name="personMatch"
        label={t("signInSettings.personMatch")}
        required
        defaultValue={provider?.personMatch ?? "localpart"}
        choices={[
          { value: "localpart", label: t("signInSettings.localpart") },
          { value: "email", label: t("signInSettings.email") },
        ]}
      />
    </Form>
  );
}
