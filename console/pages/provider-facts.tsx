import { useTranslation } from "react-i18next";
import { Button } from "../ui/button.tsx";
import { useToast } from "../ui/toast.tsx";
import type { Provider } from "./provider-form.tsx";

/** The provider for who may look and not change. */
export function ProviderFacts({ provider }: { readonly provider: Provider }) {
  const { t } = useTranslation();
  const { issuer, clientId, tenantClaim, tenantValue, personClaim, personMatch } = provider;
  return (
    <div className="card">
      <dl>
        <dt>{t("signInSettings.issuer")}</dt>
        <dd>{issuer}</dd>
        <dt>{t("signInSettings.clientId")}</dt>
        <dd>{clientId}</dd>
        <dt>{t("signInSettings.tenantClaim")}</dt>
        <dd>{tenantClaim}</dd>
        <dt>{t("signInSettings.tenantValue")}</dt>
        <dd>{tenantValue}</dd>
        <dt>{t("signInSettings.personClaim")}</dt>
        <dd>{personClaim}</dd>
        <dt>{t("signInSettings.personMatch")}</dt>
        <dd>{t(`signInSettings.${personMatch}`)}</dd>
      </dl>
    </div>
  );
}

/** The address to be allowed at the provider, with a button that copies it where the browser lets it. */
export function RedirectUri({ uri }: { readonly uri: string }) {
  const { t } = useTranslation();
  const toast = useToast();
  // Browsers offer the clipboard over HTTPS only; the address can be marked by hand all the same.
  const { clipboard } = navigator as { readonly clipboard?: Clipboard };
  return (
    <>
      <h2>{t("signInSettings.redirectUri")}</h2>
      <p>
        <code className="secret">{uri}</code>
      </p>
      <p className="hint">{t("signInSettings.redirectHint")}</p>
      {clipboard ? (
        <div className="actions">
          <Button onClick={() => void clipboard.writeText(uri).then(() => toast(t("signInSettings.copied")))}>
            {t("signInSettings.copy")}
          </Button>
        </div>
      ) : null}
    </>
  );
}
