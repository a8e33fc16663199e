import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import * as z from "zod/mini";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { CheckField, RadioFields, ReasonField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { audiences } from "./own-presence.ts";
import { PresenceFigures } from "./presence-figures.tsx";
import { useRules } from "./use-rules.ts";

const partnerAudiences = ["everyone", "contacts", "nobody"] as const;
const rulesShape = z.object({
  within: z.enum(audiences),
  partners: z.enum(partnerAudiences),
  hideTimes: z.boolean(),
  badges: z.boolean(),
  version: z.number(),
  rosters: z.nullable(z.boolean()),
});
type PresenceRules = z.infer<typeof rulesShape>;

/** The rules of a tenant for the presence of its people, in plain words. */
export function PresenceRulesPage() {
  const { t } = useTranslation();
  const { tenant, may } = useSession();
  const toast = useToast();
  const { rules, error, retry, save } = useRules(path`/tenants/${tenant}/presence-rules`, rulesShape);
  return (
    <Page
      title={t("presenceRules.title")}
      lead={t("presenceRules.lead")}
      actions={
        may("presence:webhooks") ? (
          <Link className="button" to="/presence-webhooks">
            {t("presenceRules.webhooks")}
          </Link>
        ) : null
      }
    >
      {error === undefined ? null : <ProblemNote error={error} retry={retry} />}
      {rules || error !== undefined ? null : <p role="status">{t("ui.loading")}</p>}
      {rules?.rosters === false ? <p className="note">{t("presenceRules.notInRosters")}</p> : null}
      {rules ? (
        <RulesForm
          rules={rules}
          save={async (body, reason) => {
            await save(body, reason);
            toast(t("presenceRules.saved"));
          }}
        />
      ) : null}
      {may("presence:usage") ? <PresenceFigures tenant={tenant} /> : null}
    </Page>
  );
}

interface RulesFormProps {
  readonly rules: PresenceRules;
  readonly save: (rules: object, reason: string) => Promise<void>;
}

function RulesForm({ rules, save }: RulesFormProps) {
  const { t } = useTranslation();
  const send = (values: FormData) =>
    save(
      {
        within: values.get("within"),
        partners: values.get("partners"),
        hideTimes: values.has("hideTimes"),
        badges: values.has("badges"),
      },
      String(values.get("reason") ?? "").trim(),
    );
  return (
    <Form submit={t("ui.save")} onSubmit={send}>
      <section className="card" aria-labelledby="rules-within">
        <h2 id="rules-within">{t("presenceRules.within")}</h2>
        <RadioFields
          name="within"
          legend={t("presenceRules.withinLegend")}
          choices={audiences.map((value) => ({
            value,
            label: t(`presenceRules.withinChoices.${value}.label`),
            hint: t(`presenceRules.withinChoices.${value}.hint`),
          }))}
          defaultValue={rules.within}
        />
      </section>
      <section className="card" aria-labelledby="rules-partners">
        <h2 id="rules-partners">{t("presenceRules.partners")}</h2>
        <RadioFields
          name="partners"
          legend={t("presenceRules.partnersLegend")}
          choices={partnerAudiences.map((value) => ({
            value,
            label: t(`presenceRules.partnersChoices.${value}.label`),
            hint: t(`presenceRules.partnersChoices.${value}.hint`),
          }))}
          defaultValue={rules.partners}
        />
      </section>
      <section className="card" aria-labelledby="rules-more">
        <h2 id="rules-more">{t("presenceRules.more")}</h2>
        {(["hideTimes", "badges"] as const).map((name) => (
          <CheckField
            key={name}
            name={name}
            label={t(`presenceRules.${name}`)}
            hint={t(`presenceRules.${name}Hint`)}
            defaultChecked={rules[name]}
          />
        ))}
        <ReasonField />
      </section>
    </Form>
  );
}
