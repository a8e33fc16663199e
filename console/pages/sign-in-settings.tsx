import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { path } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import { useSession } from "../api/session.tsx";
import { de } from "../texts/areas.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { Empty, Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { ProviderFacts, RedirectUri } from "./provider-facts.tsx";
import { type Provider, ProviderForm, providerShape } from "./provider-form.tsx";

type State =
  | { readonly is: "loading" }
  | { readonly is: "failed"; readonly error: unknown }
  | { readonly is: "there"; readonly provider: Provider | undefined };
type Tested = keyof typeof de.signInSettings.problem | "right";

const isProblem = (code: string): code is keyof typeof de.signInSettings.problem =>
  Object.hasOwn(de.signInSettings.problem, code);
const testShape = z.object({ problem: z.nullable(z.string()) });

/** Sign-in with the organisation's account: the OpenID provider of one's tenant. */
export function SignInSettingsPage() {
  const { t } = useTranslation();
  const { api, tenant, may } = useSession();
  const toast = useToast();
  const [state, setState] = useState<State>({ is: "loading" });
  const [tested, setTested] = useState<Tested>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [removing, setRemoving] = useState(false);
  const at = path`/tenants/${tenant}/sign-in`;

  const load = useCallback(async () => {
    try {
      setState({ is: "there", provider: providerShape.parse((await api.get(at)).body) });
    } catch (failure) {
      const none = failure instanceof Problem && failure.status === 404;
      setState(none ? { is: "there", provider: undefined } : { is: "failed", error: failure });
    }
  }, [api, at]);
  useEffect(() => void load(), [load]);

  const provider = state.is === "there" ? state.provider : undefined;
  const save = async (body: Readonly<Record<string, string>>) => {
    const answer = await api.send("PUT", at, provider ? { body, version: provider.version } : { body });
    setTested(undefined);
    setState({ is: "there", provider: providerShape.parse(answer.body) });
    toast(t("signInSettings.saved"));
  };
  const test = async () => {
    setBusy(true);
    setError(undefined);
    setTested(undefined);
    try {
      const { problem } = testShape.parse((await api.send("POST", `${at}/test`)).body);
      setTested(problem === null ? "right" : isProblem(problem) ? problem : "invalid");
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const change = may("sign-in:change");
  return (
    <Page title={t("signInSettings.title")} lead={t("signInSettings.lead")}>
      {state.is === "loading" ? <p role="status">{t("ui.loading")}</p> : null}
      {state.is === "failed" ? <ProblemNote error={state.error} retry={() => void load()} /> : null}
      {state.is === "there" && !change ? (
        provider ? (
          <ProviderFacts provider={provider} />
        ) : (
          <Empty title={t("signInSettings.none")} />
        )
      ) : null}
      {state.is === "there" && change ? (
        <>
          {provider ? null : <p className="note">{t("signInSettings.none")}</p>}
          <div className="card">
            <RedirectUri uri={provider?.redirectUri ?? `${window.location.origin}/api/v1/oidc/${tenant}/callback`} />
          </div>
          <div className="card">
            <ProviderForm key={provider?.version ?? 0} provider={provider} save={save} />
          </div>
          {provider ? (
            <div className="card">
              <div className="actions">
                <Button busy={busy} onClick={() => void test()}>
                  {busy ? t("ui.busy") : t("signInSettings.test")}
                </Button>
                <Button kind="danger" onClick={() => setRemoving(true)}>
                  {t("signInSettings.remove")}
                </Button>
              </div>
              <div role="status">
                {tested === undefined ? null : (
                  <p className={tested === "right" ? undefined : "note"}>
                    {tested === "right" ? t("signInSettings.testRight") : t(`signInSettings.problem.${tested}`)}
                  </p>
                )}
              </div>
              {error === undefined ? null : <ProblemNote error={error} />}
            </div>
          ) : null}
        </>
      ) : null}
      {removing && provider ? (
        <ConfirmDialog
          title={t("signInSettings.removeOne")}
          text={t("signInSettings.removeText")}
          action={t("signInSettings.remove")}
          danger
          onClose={() => setRemoving(false)}
          onConfirm={async (reason) => {
            await api.send("DELETE", at, { reason, version: provider.version });
            setRemoving(false);
            setTested(undefined);
            setState({ is: "there", provider: undefined });
            toast(t("signInSettings.removed"));
          }}
        />
      ) : null}
    </Page>
  );
}
