import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ReasonField } from "../ui/field.tsx";
import { FileField } from "../ui/file-field.tsx";
import { Form } from "../ui/form.tsx";
import { FieldErrors } from "../ui/form-errors.ts";
import { useToast } from "../ui/toast.tsx";
import { type Avatar, avatarShape } from "./room.ts";

const MAX_BYTES = 65_536;
const TYPES = "image/png,image/jpeg,image/gif,image/webp";

/** The picture of a room, and a way to another one for who may. `base` is the room's path. */
export function RoomPicture({ base }: { readonly base: string }) {
  const { t } = useTranslation();
  const { api, may } = useSession();
  const toast = useToast();
  const [picture, setPicture] = useState<Avatar>(null);
  const [open, setOpen] = useState(false);
  const read = useCallback(
    () => api.get(`${base}/avatar`).then(({ body }) => setPicture(avatarShape.parse(body).avatar)),
    [api, base],
  );
  useEffect(() => {
    // Without its picture the page is as useful.
    read().catch(() => undefined);
  }, [read]);
  const save = async (values: FormData) => {
    const file = values.get("file");
    const reason = String(values.get("reason") ?? "").trim();
    if (values.has("file") && (!(file instanceof File) || file.size === 0)) {
      throw new FieldErrors({ file: t("ui.required") });
    }
    if (file instanceof File) {
      if (file.size > MAX_BYTES) throw new FieldErrors({ file: t("room.pictureTooLarge") });
      if (!TYPES.split(",").includes(file.type)) throw new FieldErrors({ file: t("room.pictureType") });
      const data = btoa(String.fromCharCode(...new Uint8Array(await file.arrayBuffer())));
      await api.send("PUT", `${base}/avatar`, { reason, body: { type: file.type, data } });
    } else await api.send("DELETE", `${base}/avatar`, { reason });
    await read();
    setOpen(false);
    toast(t("ui.saved"));
  };
  return (
    <div className="picture">
      {picture ? <img src={`data:${picture.type};base64,${picture.data}`} alt={t("room.picture")} /> : null}
      {may("rooms:change") ? (
        <Button onClick={() => setOpen(true)}>{t(picture ? "room.pictureChange" : "room.pictureSet")}</Button>
      ) : null}
      {open ? <PictureDialog there={picture !== null} onSave={save} onClose={() => setOpen(false)} /> : null}
    </div>
  );
}

interface PictureProps {
  readonly there: boolean;
  readonly onSave: (values: FormData) => Promise<void>;
  readonly onClose: () => void;
}

function PictureDialog({ there, onSave, onClose }: PictureProps) {
  const { t } = useTranslation();
  const [removing, setRemoving] = useState(false);
  return (
    <Dialog title={t("room.picture")} onClose={onClose}>
      <Form
        submit={t(removing ? "room.pictureRemove" : "ui.save")}
        kind={removing ? "danger" : "primary"}
        onSubmit={onSave}
        extra={
          <>
            {there && !removing ? <Button onClick={() => setRemoving(true)}>{t("room.pictureRemove")}</Button> : null}
            <Button onClick={onClose}>{t("ui.cancel")}</Button>
          </>
        }
      >
        {removing ? (
          <p>{t("room.pictureRemoveText")}</p>
        ) : (
          <FileField name="file" label={t("room.pictureFile")} hint={t("room.pictureHint")} accept={TYPES} />
        )}
        <ReasonField />
      </Form>
    </Dialog>
  );
}
