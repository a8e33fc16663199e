import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { CheckField } from "../ui/field.tsx";

interface GroupChoiceProps {
  readonly groups: readonly { readonly id: string; readonly name: string }[];
  /** Ids of those ticked at first. */
  readonly chosen: readonly string[];
}

/** From how many on a list is worth a search. */
const MANY = 8;

/** The groups of a person to tick; what the search hides stays as it is. */
export function GroupChoice({ groups, chosen }: GroupChoiceProps) {
  const { t } = useTranslation();
  const id = useId();
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  return (
    <fieldset>
      <legend>{t("groups.title")}</legend>
      {groups.length === 0 ? <p className="hint">{t("groups.empty")}</p> : null}
      {groups.length > MANY ? (
        <div className="tool">
          <label htmlFor={id}>{t("people.findGroup")}</label>
          <input id={id} type="search" maxLength={100} onChange={(event) => setText(event.target.value)} />
        </div>
      ) : null}
      <div className={groups.length > MANY ? "choices" : undefined}>
        {groups.map((group) => (
          <div key={group.id} hidden={!group.name.toLowerCase().includes(wanted)}>
            <CheckField name="groups" value={group.id} label={group.name} defaultChecked={chosen.includes(group.id)} />
          </div>
        ))}
      </div>
    </fieldset>
  );
}
