import { useTranslation } from "react-i18next";
import { AreaField, CheckField, SelectField, TextField } from "../ui/field.tsx";
import type { SomeConfig } from "./room.ts";
import { choices, groupNames, insideRoles, type Setting, settingGroups, settings } from "./room-settings.ts";

interface FieldsProps {
  /** What stands there; a setting that is absent begins empty. */
  readonly config: SomeConfig;
  readonly shown: readonly Setting[];
}

/** Fields for the settings of a room, in groups. */
export function RoomFields({ config, shown }: FieldsProps) {
  const { t } = useTranslation();
  return groupNames.map((group) => {
    const here = settingGroups[group].filter((setting) => shown.includes(setting));
    if (here.length === 0) return null;
    return (
      <fieldset key={group} className="group">
        <legend>{t(`room.groups.${group}`)}</legend>
        {here.map((setting) => (
          <RoomField key={setting} setting={setting} config={config} />
        ))}
      </fieldset>
    );
  });
}

const text = (value: unknown) => (value === undefined ? "" : String(value));

function RoomField({ setting, config }: { readonly setting: Setting; readonly config: SomeConfig }) {
  const { t } = useTranslation();
  const kind = settings[setting];
  const value = config[setting];
  const label = t(`room.settings.${setting}`);
  const numberHint = (of: Setting) => {
    if (of === "maxOccupants") return t("room.anyNumber");
    return of === "quietFrom" ? t("room.quietHint") : undefined;
  };
  switch (kind.is) {
    case "flag":
      return <CheckField name={setting} label={label} defaultChecked={value === true} />;
    case "number":
      return (
        <TextField
          name={setting}
          type="number"
          required
          min={0}
          max={kind.max}
          label={label}
          hint={numberHint(setting)}
          defaultValue={text(value)}
        />
      );
    case "text":
      return (
        <TextField
          name={setting}
          label={label}
          maxLength={kind.maxLength}
          required={"required" in kind}
          hint={setting === "language" ? t("room.languageHint") : undefined}
          autoComplete="off"
          defaultValue={text(value)}
        />
      );
    case "area":
      return <AreaField name={setting} label={label} maxLength={kind.maxLength} defaultValue={text(value)} />;
    case "whois":
      return (
        <SelectField
          name={setting}
          label={label}
          required
          choices={choices.whois.map((one) => ({ value: one, label: t(`room.whois.${one}`) }))}
          defaultValue={text(value)}
        />
      );
    case "privateMessages":
      return (
        <SelectField
          name={setting}
          label={label}
          required
          choices={choices.privateMessages.map((one) => ({ value: one, label: t(`room.privateMessages.${one}`) }))}
          defaultValue={text(value)}
        />
      );
    case "roles":
      return (
        <fieldset>
          <legend>{label}</legend>
          {insideRoles.map((role) => (
            <CheckField
              key={role}
              name={setting}
              value={role}
              label={t(`room.roles.${role}`)}
              defaultChecked={Array.isArray(value) && value.some((each) => each === role)}
            />
          ))}
        </fieldset>
      );
  }
}
