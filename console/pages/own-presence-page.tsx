import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { CheckField, RadioFields } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { AbsenceFields, absenceIn } from "./absence-fields.tsx";
import { OwnBadge } from "./own-badge.tsx";
import { audienceChoices, choiceOf, narrowed, type OwnPresence, ownPresenceShape } from "./own-presence.ts";

const ADDRESS = "/own/presence";

/** What a person sets for the own presence: who sees it, out of office, a badge for web pages. */
export function OwnPresencePage() {
  const { t } = useTranslation();
  const { api } = useSession();
  const toast = useToast();
  const [own, setOwn] = useState<OwnPresence>();
  const [error, setError] = useState<unknown>();
  const read = useCallback(async () => {
    try {
      setOwn(ownPresenceShape.parse((await api.get(ADDRESS)).body));
      setError(undefined);
    } catch (problem) {
      setError(problem);
    }
  }, [api]);
  useEffect(() => void read(), [read]);
  return (
    <Page title={t("ownPresence.title")} lead={t("ownPresence.lead")}>
      {error === undefined ? null : <ProblemNote error={error} retry={() => void read()} />}
      {own || error !== undefined ? null : <p role="status">{t("ui.loading")}</p>}
      {own ? (
        <OwnForm
          own={own}
          save={async (body) => {
            const { version } = own;
            setOwn(ownPresenceShape.parse((await api.send("PUT", ADDRESS, { body, version })).body));
            toast(t("ui.saved"));
          }}
        />
      ) : null}
    </Page>
  );
}

interface OwnFormProps {
  readonly own: OwnPresence;
  readonly save: (wish: object) => Promise<void>;
}

function OwnForm({ own, save }: OwnFormProps) {
  const { t } = useTranslation();
  const { audience, effective, hideTimes, outOfOffice, badge } = own;
  const choice = choiceOf(audience);
  const send = async (values: FormData) => {
    const chosen = values.get("audience");
    await save({
      // A wish that looks the same here stays as a program has written it.
      audience: chosen === choice ? audience : chosen === "tenant" ? null : chosen,
      hideTimes: values.has("hideTimes"),
      outOfOffice: absenceIn(values, t, outOfOffice),
      badge: values.has("badge"),
    });
  };
  return (
    <Form submit={t("ui.save")} onSubmit={send}>
      <section className="card" aria-labelledby="own-absence">
        <h2 id="own-absence">{t("ownPresence.absence")}</h2>
        <p className="soft">{t("ownPresence.absenceText")}</p>
        <AbsenceFields absence={outOfOffice} />
      </section>
      <section className="card" aria-labelledby="own-audience">
        <h2 id="own-audience">{t("ownPresence.audience")}</h2>
        <p>
          {t("ownPresence.now")} <strong>{t(`ownPresence.effective.${effective}`)}</strong>.
          {narrowed(own) ? ` ${t("ownPresence.atMost")}` : null}
        </p>
        <RadioFields
          name="audience"
          legend={t("ownPresence.choose")}
          choices={audienceChoices.map((value) => ({
            value,
            label: t(`ownPresence.choices.${value}.label`),
            hint: t(`ownPresence.choices.${value}.hint`),
          }))}
          defaultValue={choice}
        />
        <CheckField
          name="hideTimes"
          label={t("ownPresence.hideTimes")}
          hint={t("ownPresence.hideTimesHint")}
          defaultChecked={hideTimes}
        />
      </section>
      <section className="card" aria-labelledby="own-badge">
        <h2 id="own-badge">{t("ownPresence.badge")}</h2>
        <p className="soft">{t("ownPresence.badgeText")}</p>
        <CheckField
          name="badge"
          label={t("ownPresence.badgeOn")}
          hint={t("ownPresence.badgeOnHint")}
          defaultChecked={badge !== null}
        />
        {badge ? <OwnBadge badge={badge} /> : null}
      </section>
    </Form>
  );
}
