import { useState } from "react";
import { useTranslation } from "react-i18next";
import { installationRoles, mayGrant, type Role, roles } from "../../identity/permissions.ts";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { roleName } from "../texts/role-name.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { AreaField, RadioFields, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { FieldErrors } from "../ui/form-errors.ts";
import { type FoundPerson, PersonSearch } from "../ui/person-search.tsx";

interface GrantProps {
  /** Path of the tenant. */
  readonly base: string;
  readonly onClose: () => void;
  /** Gets the name of who has the role now. */
  readonly onDone: (name: string) => void;
}

/** Gives somebody a role: who, which with what it may do, until when, why. */
export function GrantRoleDialog({ base, onClose, onDone }: GrantProps) {
  const { t } = useTranslation();
  const { api, session } = useSession();
  const [person, setPerson] = useState<FoundPerson>();
  const { id, tenant } = session.person;
  const giver = { id, grants: session.grants };
  const scopeOf = (role: Role) => (installationRoles.includes(role) ? null : tenant);
  // Everybody is a user.
  const offered = roles.filter((role) => role !== "user" && mayGrant(giver, "", role, scopeOf(role)));
  const refused = person?.id === id ? t("roles.notOwn") : undefined;
  const save = async (values: FormData) => {
    if (!person) throw new FieldErrors({ person: t("roles.choosePerson") });
    const role = offered.find((each) => each === values.get("role"));
    if (!role) throw new FieldErrors({ role: t("roles.chooseRole") });
    const [year = 0, month = 1, date = 1] = String(values.get("until") ?? "")
      .split("-")
      .map(Number);
    const body = {
      reason: String(values.get("reason") ?? "").trim(),
      // The day is the last on which it is held, where the reader is.
      expiresAt: year === 0 ? null : new Date(year, month - 1, date + 1).toISOString(),
    };
    await api.send("PUT", `${base}${path`/people/${person.id}/roles/${role}`}`, { body });
    onDone(person.name);
  };
  return (
    <Dialog title={t("roles.grant")} onClose={onClose} wide>
      {person ? (
        <div className="chosen">
          <p>
            {t("roles.person")}: <strong>{person.name}</strong> <span className="soft">{person.localpart}</span>
          </p>
          <Button onClick={() => setPerson(undefined)}>{t("roles.otherPerson")}</Button>
        </div>
      ) : (
        <PersonSearch
          people={`${base}/people`}
          label={t("roles.person")}
          action={t("roles.choose")}
          onChoose={setPerson}
        />
      )}
      {person ? (
        <Form
          submit={t("roles.grant")}
          onSubmit={save}
          refused={refused}
          extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}
        >
          <RadioFields
            name="role"
            legend={t("roles.role")}
            choices={offered.map((role) => ({
              value: role,
              label: roleName(t, role),
              hint: t(`roles.explained.${role}`),
            }))}
          />
          <TextField name="until" type="date" label={t("roles.until")} hint={t("roles.untilHint")} />
          <AreaField
            name="reason"
            label={t("ui.reason")}
            hint={t("ui.reasonHint")}
            required
            minLength={3}
            maxLength={500}
          />
        </Form>
      ) : (
        <Button onClick={onClose}>{t("ui.cancel")}</Button>
      )}
    </Dialog>
  );
}
