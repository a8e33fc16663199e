import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { path, queryText } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { AreaField, SelectField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { FieldErrors } from "../ui/form-errors.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { loadAll } from "../ui/table-data.ts";
import { type ArchiveQuestion, instantOf, MIN_REASON } from "./archive-question.ts";
import { type RoomRow, roomShape } from "./room.ts";

const answer = z.object({ items: z.array(roomShape), next: z.nullable(z.string()) });

interface AskProps {
  /** Name of the room that is chosen at first; may be empty. */
  readonly room: string;
  readonly onAsk: (asked: ArchiveQuestion) => void;
}

/** Asks what somebody wants to read, and why. */
export function ArchiveAsk({ room, onAsk }: AskProps) {
  const { t } = useTranslation();
  const { api, tenant } = useSession();
  const [rooms, setRooms] = useState<readonly RoomRow[]>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const base = path`/tenants/${tenant}/rooms`;
    loadAll(
      async ({ after, limit }) =>
        answer.parse((await api.get(`${base}${queryText({ cursor: after, limit, sort: "title" })}`)).body),
      { sort: undefined, search: "", filters: {} },
    ).then(setRooms, setError);
  }, [api, tenant]);
  if (error !== undefined) return <ProblemNote error={error} />;
  if (!rooms) return <p role="status">{t("ui.loading")}</p>;
  const ask = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const asked = { reason: text("reason"), room: text("room"), text: text("text"), nick: text("nick") };
    // Everything that was said in all rooms is nobody's question.
    if (asked.room === "" && asked.text === "" && asked.nick === "") {
      throw new FieldErrors({ text: t("archive.wordsNeeded") });
    }
    onAsk({
      ...asked,
      from: instantOf(text("from"), 0),
      to: instantOf(text("to"), 1),
      order: text("order") === "oldest" ? "oldest" : "newest",
    });
  };
  return (
    <search className="card">
      <p className="note">{t("archive.warning")}</p>
      <Form submit={t("archive.search")} onSubmit={ask}>
        <AreaField
          name="reason"
          label={t("archive.reason")}
          hint={t("archive.reasonHint")}
          required
          minLength={MIN_REASON}
          maxLength={300}
        />
        <SelectField
          name="room"
          label={t("archive.room")}
          choices={[
            { value: "", label: t("archive.allRooms") },
            ...rooms.map(({ name, title }) => ({ value: name, label: title === name ? name : `${title} (${name})` })),
          ]}
          defaultValue={room}
        />
        <div className="columns">
          <TextField
            name="text"
            label={t("archive.words")}
            hint={t("archive.wordsHint")}
            maxLength={200}
            autoComplete="off"
          />
          <TextField name="nick" label={t("archive.nick")} maxLength={200} autoComplete="off" />
          <TextField name="from" type="date" label={t("archive.from")} />
          <TextField name="to" type="date" label={t("archive.to")} />
          <SelectField
            name="order"
            label={t("archive.order")}
            required
            choices={(["newest", "oldest"] as const).map((value) => ({ value, label: t(`archive.${value}`) }))}
          />
        </div>
      </Form>
    </search>
  );
}
