import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { CheckField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { type WholeRoom, wholeRoom } from "./room.ts";
import { RoomFields } from "./room-fields.tsx";
import { changedSettings, groupNames, type Setting, settingGroups } from "./room-settings.ts";

interface ConfigProps {
  /** Path of the room. */
  readonly base: string;
  readonly room: WholeRoom;
  readonly onSaved: (room: WholeRoom) => void;
}

const all = groupNames.flatMap((group): readonly Setting[] => settingGroups[group]);

/** The settings of a room: what its owners see in the form of their chat program. Only what was changed is sent. */
export function RoomConfigForm({ base, room, onSaved }: ConfigProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const { config, passwordSet, version } = room;
  const save = async (values: FormData) => {
    const password = String(values.get("password") ?? "");
    const body = {
      ...changedSettings(all, config, values),
      ...(values.has("noPassword") ? { password: "" } : password === "" ? {} : { password }),
    };
    onSaved(wholeRoom.parse((await api.send("PATCH", base, { body, version })).body));
  };
  return (
    <section className="card" aria-labelledby="room-config">
      <h2 id="room-config">{t("room.config")}</h2>
      <Form submit={t("ui.save")} onSubmit={save}>
        <div className="columns">
          <RoomFields config={config} shown={all} />
          <fieldset className="group">
            <legend>{t("room.password")}</legend>
            <TextField
              name="password"
              type="password"
              label={t("room.password")}
              hint={t(passwordSet ? "room.passwordKeep" : "room.passwordNone")}
              maxLength={200}
              autoComplete="new-password"
            />
            {passwordSet ? <CheckField name="noPassword" label={t("room.passwordRemove")} /> : null}
          </fieldset>
        </div>
      </Form>
    </section>
  );
}
