import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { Problem } from "../api/problem.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { groupShape } from "./group.ts";
import { GroupChoice } from "./group-choice.tsx";
import { MeanwhileNote } from "./meanwhile-note.tsx";
import { type PersonRow, type PersonWithGroups, personWithGroups } from "./person.ts";
import { PersonAbsence } from "./person-absence.tsx";

const groupsAnswer = z.object({ items: z.array(groupShape) });

interface PersonDialogProps {
  /** Path of the tenant. */
  readonly tenant: string;
  readonly person: PersonRow;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

interface Read {
  readonly first: PersonWithGroups;
  readonly groups: z.infer<typeof groupsAnswer>["items"];
}

/** Changes a person's name, e-mail and groups. What somebody else changes meanwhile is shown, and nothing typed is lost. */
export function PersonDialog({ tenant, person, onClose, onDone }: PersonDialogProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const [read, setRead] = useState<Read>();
  /** As it was last read: what a change is made against. */
  const [latest, setLatest] = useState<PersonWithGroups>();
  const [late, setLate] = useState(false);
  const [error, setError] = useState<unknown>();
  const at = `${tenant}/people/${encodeURIComponent(person.id)}`;
  useEffect(() => {
    let wanted = true;
    Promise.all([api.get(at), api.get(`${tenant}/groups`)]).then(
      ([one, all]) => {
        if (!wanted) return;
        const first = personWithGroups.parse(one.body);
        setRead({ first, groups: groupsAnswer.parse(all.body).items });
        setLatest(first);
      },
      (failure: unknown) => wanted && setError(failure),
    );
    return () => {
      wanted = false;
    };
  }, [api, at, tenant]);
  const save = async (values: FormData) => {
    if (!latest) return;
    const body = {
      name: String(values.get("name") ?? "").trim(),
      email: String(values.get("email") ?? "").trim() || null,
      groups: values.getAll("groups").map(String),
    };
    try {
      await api.send("PUT", at, { body, version: latest.version });
      onDone();
    } catch (failure) {
      if (!(failure instanceof Problem && failure.code === "precondition-failed")) throw failure;
      setLate(true);
    }
  };
  const reload = async () => {
    setLatest(personWithGroups.parse((await api.get(at)).body));
    setLate(false);
  };
  const cancel = <Button onClick={onClose}>{t("ui.cancel")}</Button>;
  return (
    <Dialog title={t("people.changeOne", { name: person.name })} onClose={onClose}>
      {error === undefined ? null : <ProblemNote error={error} />}
      {read && latest ? (
        <>
          <MeanwhileNote late={late} first={read.first} latest={latest} onReload={reload} />
          <Form
            submit={t("ui.save")}
            onSubmit={save}
            extra={cancel}
            refused={late ? t("people.meanwhile.reloadFirst") : undefined}
          >
            <TextField name="name" label={t("people.name")} required maxLength={200} defaultValue={read.first.name} />
            <TextField
              name="email"
              type="email"
              label={t("people.email")}
              maxLength={254}
              defaultValue={read.first.email ?? ""}
            />
            <GroupChoice groups={read.groups} chosen={read.first.groups.map(({ id }) => id)} />
          </Form>
          {person.status === "active" ? <PersonAbsence at={at} /> : null}
        </>
      ) : (
        <>
          {error === undefined ? <p role="status">{t("ui.loading")}</p> : null}
          {cancel}
        </>
      )}
    </Dialog>
  );
}
