import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import * as z from "zod/mini";
import { call } from "../api/client.ts";
import { takeInvitationToken } from "../api/invitation-token.ts";
import { Problem } from "../api/problem.ts";
import { Empty, Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { InvitationForm } from "./invitation-form.tsx";

const invitedShape = z.object({ jid: z.string(), name: z.string(), organisation: z.string(), expiresAt: z.string() });
export type Invited = z.infer<typeof invitedShape>;

type State =
  | { readonly is: "nothing" | "over" }
  | { readonly is: "asking"; readonly token: string }
  | { readonly is: "failed"; readonly token: string; readonly error: unknown }
  | { readonly is: "there"; readonly token: string; readonly invited: Invited }
  | { readonly is: "done"; readonly token: string; readonly invited: Invited };

// Before the router looks at the address.
const first = takeInvitationToken();
const begin = (token: string | undefined): State => (token ? { is: "asking", token } : { is: "nothing" });
/** A link that is cut short is as good as one that is over. */
const isOver = (error: unknown) => error instanceof Problem && ["gone", "bad-request"].includes(error.code);

/** Behind the link of an invitation: sets the password, once, without a session. */
export function InvitationPage() {
  const { t } = useTranslation();
  const [state, setState] = useState<State>(() => begin(first));
  useEffect(() => {
    // Another link opened in the same window.
    const follow = () => {
      const token = takeInvitationToken();
      if (token) setState(begin(token));
    };
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  const asked = state.is === "asking" ? state.token : undefined;
  useEffect(() => {
    if (asked === undefined) return;
    let wanted = true;
    const tell = (next: State) => wanted && setState(next);
    call("POST", "/invitations/look", { body: { token: asked } }).then(
      ({ body }) => tell({ is: "there", token: asked, invited: invitedShape.parse(body) }),
      (error: unknown) => tell(isOver(error) ? { is: "over" } : { is: "failed", token: asked, error }),
    );
    return () => {
      wanted = false;
    };
  }, [asked]);
  const accept = useCallback(
    async (password: string) => {
      if (state.is !== "there") return;
      try {
        await call("POST", "/invitations/accept", { body: { token: state.token, password } });
        setState({ ...state, is: "done" });
      } catch (error) {
        if (!(error instanceof Problem && error.code === "gone")) throw error;
        setState({ is: "over" });
      }
    },
    [state],
  );
  return (
    <div className="narrow card">
      {state.is === "done" ? (
        <Page key="done" title={t("invitation.done")} lead={t("invitation.doneText", { jid: state.invited.jid })}>
          <p>{t("invitation.soon")}</p>
          <ul className="ways">
            <li>
              <a href={`/chat?tenant=${encodeURIComponent(state.token.slice(0, state.token.indexOf(".")))}`}>
                {t("invitation.chat")}
              </a>
            </li>
            <li>
              <Link to="/">{t("invitation.console")}</Link>
            </li>
          </ul>
        </Page>
      ) : (
        <Page key="open" title={t("invitation.title")}>
          {state.is === "asking" ? <p role="status">{t("ui.loading")}</p> : null}
          {state.is === "failed" ? (
            <ProblemNote error={state.error} retry={() => setState(begin(state.token))} />
          ) : null}
          {state.is === "over" || state.is === "nothing" ? (
            <div role="alert">
              <Empty title={t(`invitation.${state.is}`)}>
                <p>{t(`invitation.${state.is}Text`)}</p>
              </Empty>
            </div>
          ) : null}
          {state.is === "there" ? <InvitationForm invited={state.invited} onAccept={accept} /> : null}
        </Page>
      )}
    </div>
  );
}
