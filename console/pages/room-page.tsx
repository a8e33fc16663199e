import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Facts } from "../ui/facts.tsx";
import { useFormats } from "../ui/formats.ts";
import { Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { type WholeRoom, wholeRoom } from "./room.ts";
import { RoomConfigForm } from "./room-config-form.tsx";
import { RoomEndDialog } from "./room-end-dialog.tsx";
import { RoomInvitations } from "./room-invitations.tsx";
import { RoomInviteDialog } from "./room-invite-dialog.tsx";
import { RoomLive } from "./room-live.tsx";
import { RoomMembers } from "./room-members.tsx";
import { RoomNumbers } from "./room-numbers.tsx";
import { RoomOccupants } from "./room-occupants.tsx";
import { RoomPicture } from "./room-picture.tsx";
import { RoomSubjectDialog } from "./room-subject-dialog.tsx";

/** One room: what it is, who is inside, who belongs to it, its settings, its end. */
export function RoomPage() {
  const { room = "" } = useParams();
  return <RoomView key={room} name={room} />;
}

function RoomView({ name }: { readonly name: string }) {
  const { t } = useTranslation();
  const { longDay } = useFormats();
  const { api, tenant, may } = useSession();
  const toast = useToast();
  const navigate = useNavigate();
  const [room, setRoom] = useState<WholeRoom>();
  const [error, setError] = useState<unknown>();
  const [open, setOpen] = useState<"end" | "invite" | "subject">();
  /** An invitation changes two lists: those who are invited, and the members. */
  const [invitations, setInvitations] = useState(0);
  const invited = useCallback(() => setInvitations((before) => before + 1), []);
  const base = path`/tenants/${tenant}/rooms/${name}`;
  const read = useCallback(async () => {
    try {
      setRoom(wholeRoom.parse((await api.get(base)).body));
      setError(undefined);
    } catch (problem) {
      setError(problem);
    }
  }, [api, base]);
  useEffect(() => void read(), [read]);
  const back = (
    <p>
      <Link to="/rooms">{t("room.back")}</Link>
    </p>
  );
  if (error !== undefined || !room) {
    return (
      <Page title={name}>
        {error === undefined ? (
          <p role="status">{t("ui.loading")}</p>
        ) : (
          <ProblemNote error={error} retry={() => void read()} />
        )}
        {back}
      </Page>
    );
  }
  const close = () => setOpen(undefined);
  const done = (said: string) => {
    close();
    toast(said);
    void read();
  };
  const facts = [
    [t("room.address"), room.jid],
    [t("room.subject"), room.subject ?? t("room.noSubject")],
    [t("room.since"), longDay(room.createdAt)],
  ] as const;
  return (
    <Page
      key={room.name}
      title={room.title}
      actions={
        may("rooms:change") ? (
          <Button kind="danger" onClick={() => setOpen("end")}>
            {t("room.destroy")}
          </Button>
        ) : null
      }
    >
      {back}
      <section className="card" aria-labelledby="room-facts">
        <h2 id="room-facts">{t("room.facts")}</h2>
        {room.description === "" ? null : <p>{room.description}</p>}
        <Facts of={facts} />
        <div className="actions">
          {may("rooms:moderate") ? (
            <>
              <Button onClick={() => setOpen("subject")}>{t("room.subjectChange")}</Button>
              <Button onClick={() => setOpen("invite")}>{t("room.invite")}</Button>
            </>
          ) : null}
          <RoomPicture base={base} />
          {may("archive:read") ? (
            <Link to={`/archive?${new URLSearchParams({ room: room.name })}`}>{t("room.searchArchive")}</Link>
          ) : null}
          {may("archive:export") ? <Link to={path`/rooms/${room.name}/exports`}>{t("roomExport.link")}</Link> : null}
        </div>
      </section>
      <RoomOccupants base={base} room={room} />
      {may("archive:read") ? <RoomLive base={base} /> : null}
      <RoomMembers base={base} room={room} changes={invitations} />
      {may("rooms:moderate") ? <RoomInvitations base={base} changes={invitations} onWithdrawn={invited} /> : null}
      <RoomNumbers address={`${base}/statistics`} />
      {may("rooms:change") ? (
        <RoomConfigForm
          key={room.version}
          base={base}
          room={room}
          onSaved={(next) => {
            setRoom(next);
            toast(t("ui.saved"));
          }}
        />
      ) : null}
      {open === "subject" ? <RoomSubjectDialog base={base} room={room} onClose={close} onDone={done} /> : null}
      {open === "invite" ? (
        <RoomInviteDialog
          base={base}
          room={room}
          onClose={close}
          onDone={(said) => {
            invited();
            done(said);
          }}
        />
      ) : null}
      {open === "end" ? (
        <RoomEndDialog
          base={base}
          room={room}
          onClose={close}
          onDone={() => {
            toast(t("room.destroyed", { name: room.title }));
            navigate("/rooms");
          }}
        />
      ) : null}
    </Page>
  );
}
