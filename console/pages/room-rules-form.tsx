import { useTranslation } from "react-i18next";
import { installationRoles, roles } from "../../identity/permissions.ts";
import { roleName } from "../texts/role-name.ts";
import { AreaField, CheckField, ReasonField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import type { RoomRules } from "./room.ts";
import { RoomFields } from "./room-fields.tsx";
import { changedSettings, usualSettings } from "./room-settings.ts";

interface RulesFormProps {
  readonly rules: RoomRules;
  readonly save: (rules: object, reason: string) => Promise<void>;
}

/** What the form shows of a new room's configuration; the rest stays as it is. */
const shown = [
  "persistent",
  "membersOnly",
  "registration",
  "occupantsInvite",
  "maxOccupants",
  "moderated",
  "openSubject",
  "privateMessages",
  "history",
  "listed",
  "whois",
] as const;
const MOST = 100_000;
const rates = ["messagesPerTenSeconds", "joinsPerTenSeconds"] as const;
const sides = ["person", "room"] as const;

/** Makes and changes the rules of a tenant for its rooms. */
export function RoomRulesForm({ rules, save }: RulesFormProps) {
  const { t } = useTranslation();
  const { creators, defaults, archiveLimit, version: _version, ...others } = rules;
  const usual = { ...usualSettings, ...defaults };
  const send = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const chosen = values.getAll("creators").map(String);
    const days = text("archiveDays");
    const rate = (name: (typeof rates)[number]) =>
      Object.fromEntries(sides.map((side) => [side, Number(values.get(`${name}-${side}`))]));
    await save(
      {
        ...others,
        // Nobody at all is refused by the API: it must not become everybody.
        creators: values.has("everybody") ? "everybody" : chosen,
        prefix: text("prefix"),
        pattern: text("pattern"),
        reservedNames: text("reservedNames").split(/\s+/).filter(Boolean),
        // What was not shown stays, what is as usual needs no rule.
        defaults: { ...defaults, ...changedSettings(shown, usual, values) },
        lockNewRooms: values.has("lockNewRooms"),
        archive: values.has("archive"),
        archiveDays: days === "" ? null : Number(days),
        invitePartners: values.has("invitePartners"),
        guests: values.has("guests"),
        roleHats: values.has("roleHats"),
        messagesPerTenSeconds: rate("messagesPerTenSeconds"),
        joinsPerTenSeconds: rate("joinsPerTenSeconds"),
      },
      text("reason"),
    );
  };
  const limit = t(`roomRules.units.${archiveLimit.unit}`, { count: archiveLimit.amount });
  return (
    <Form submit={t("ui.save")} onSubmit={send}>
      <section className="card" aria-labelledby="rules-new">
        <h2 id="rules-new">{t("roomRules.newRooms")}</h2>
        <fieldset>
          <legend>{t("roomRules.creators")}</legend>
          <CheckField name="everybody" label={t("roomRules.everybody")} defaultChecked={creators === "everybody"} />
          {roles
            .filter((role) => !installationRoles.includes(role))
            .map((role) => (
              <CheckField
                key={role}
                name="creators"
                value={role}
                label={roleName(t, role)}
                defaultChecked={creators !== "everybody" && creators.includes(role)}
              />
            ))}
          <p className="hint">{t("roomRules.creatorsHint")}</p>
        </fieldset>
        <div className="columns">
          <TextField
            name="prefix"
            label={t("roomRules.prefix")}
            hint={t("roomRules.prefixHint")}
            maxLength={50}
            defaultValue={rules.prefix}
          />
          <TextField
            name="pattern"
            label={t("roomRules.pattern")}
            hint={t("roomRules.patternHint")}
            maxLength={100}
            defaultValue={rules.pattern}
          />
        </div>
        <AreaField
          name="reservedNames"
          label={t("roomRules.reservedNames")}
          hint={t("roomRules.reservedHint")}
          maxLength={20_000}
          defaultValue={rules.reservedNames.join("\n")}
        />
        <CheckField name="lockNewRooms" label={t("roomRules.lockNewRooms")} defaultChecked={rules.lockNewRooms} />
      </section>
      <section className="card" aria-labelledby="rules-defaults">
        <h2 id="rules-defaults">{t("roomRules.defaults")}</h2>
        <div className="columns">
          <RoomFields config={usual} shown={shown} />
        </div>
      </section>
      <section className="card" aria-labelledby="rules-archive">
        <h2 id="rules-archive">{t("roomRules.archiveTitle")}</h2>
        <CheckField name="archive" label={t("roomRules.archive")} defaultChecked={rules.archive} />
        <p className="hint">{t("roomRules.archiveHint")}</p>
        <TextField
          name="archiveDays"
          type="number"
          min={1}
          max={3_650}
          label={t("roomRules.archiveDays")}
          hint={t("roomRules.archiveDaysHint", { limit })}
          defaultValue={rules.archiveDays ?? ""}
        />
      </section>
      <section className="card" aria-labelledby="rules-others">
        <h2 id="rules-others">{t("roomRules.others")}</h2>
        <CheckField name="invitePartners" label={t("roomRules.invitePartners")} defaultChecked={rules.invitePartners} />
        <CheckField name="guests" label={t("roomRules.guests")} defaultChecked={rules.guests} />
        <CheckField name="roleHats" label={t("roomRules.roleHats")} defaultChecked={rules.roleHats} />
        <p className="hint">{t("roomRules.roleHatsHint")}</p>
        {rates.map((rate) => (
          <fieldset key={rate} className="group">
            <legend>{t(`roomRules.${rate}`)}</legend>
            <div className="columns">
              {sides.map((side) => (
                <TextField
                  key={side}
                  name={`${rate}-${side}`}
                  type="number"
                  required
                  min={1}
                  max={MOST}
                  label={t(`roomRules.${side}`)}
                  defaultValue={rules[rate][side]}
                />
              ))}
            </div>
          </fieldset>
        ))}
        <ReasonField />
      </section>
    </Form>
  );
}
