import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { AreaField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { useFormats } from "../ui/formats.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { type RoomEvent, roomEventShape } from "./room.ts";

/** The most that is shown; the archive has the rest. */
const SHOWN = 200;

/** Reads along in a room, with a reason and on record. `base` is the room's path. */
export function RoomLive({ base }: { readonly base: string }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState<string>();
  return (
    <section className="card" aria-labelledby="room-live">
      <h2 id="room-live">{t("room.live")}</h2>
      {reason === undefined ? (
        <>
          <p>{t("room.liveText")}</p>
          <Form
            submit={t("room.liveStart")}
            onSubmit={async (values) => setReason(String(values.get("liveReason") ?? "").trim())}
          >
            <AreaField name="liveReason" label={t("room.liveReason")} required maxLength={300} rows={2} />
          </Form>
        </>
      ) : (
        <Reading base={base} reason={reason} onEnd={() => setReason(undefined)} />
      )}
    </section>
  );
}

/** The list with one more entry; what was taken back by it loses its text. */
function withEvent(before: readonly RoomEvent[], event: RoomEvent): readonly RoomEvent[] {
  if (event.kind === "other" || before.some(({ id }) => id === event.id)) return before;
  if (event.kind !== "retraction") return [...before, event].slice(-SHOWN);
  return before.map((each) => (each.id === event.target ? { ...each, body: null, kind: "retracted" as const } : each));
}

interface ReadingProps {
  readonly base: string;
  readonly reason: string;
  readonly onEnd: () => void;
}

function Reading({ base, reason, onEnd }: ReadingProps) {
  const { t } = useTranslation();
  const { clock, time } = useFormats();
  const { api, may } = useSession();
  const toast = useToast();
  const [events, setEvents] = useState<readonly RoomEvent[]>([]);
  const [up, setUp] = useState(false);
  const [error, setError] = useState<unknown>();
  const [taking, setTaking] = useState<RoomEvent>();
  useEffect(() => {
    const stop = new AbortController();
    api
      .follow(`${base}/events`, {
        reason,
        take: ({ data }) => setEvents((before) => withEvent(before, roomEventShape.parse(data))),
        connected: setUp,
        signal: stop.signal,
      })
      .catch((problem: unknown) => setError(problem));
    return () => stop.abort();
  }, [api, base, reason]);
  const textOf = ({ kind, body }: RoomEvent) => {
    if (kind === "retracted") return <span className="soft">{t("room.takenBack")}</span>;
    if (kind === "subject") return t("room.subjectNow", { subject: body === "" ? t("room.noSubject") : body });
    return (
      <>
        {body} {kind === "correction" ? <span className="soft">({t("room.corrected")})</span> : null}
      </>
    );
  };
  return (
    <>
      {error === undefined ? null : <ProblemNote error={error} />}
      <p role="status">{t(up ? "room.liveOn" : "room.liveOff", { reason })}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className="live" role="log" tabIndex={0} aria-label={t("room.live")}>
        {events.length === 0 ? <p className="soft">{t("room.liveNothing")}</p> : null}
        <ul>
          {events.map((event) => (
            <li key={event.id}>
              <time dateTime={event.at} title={time(event.at)}>
                {clock(event.at)}
              </time>
              <strong>{event.nick}</strong>
              <span className="said">{textOf(event)}</span>
              {may("rooms:moderate") && (event.kind === "message" || event.kind === "correction") ? (
                <Button label={t("room.takeBackOf", { name: event.nick })} onClick={() => setTaking(event)}>
                  {t("room.takeBack")}
                </Button>
              ) : null}
            </li>
          ))}
        </ul>
      </div>
      <div className="actions">
        <Button onClick={onEnd}>{t("room.liveEnd")}</Button>
      </div>
      {taking ? (
        <ConfirmDialog
          title={t("room.takeBackTitle", { name: taking.nick })}
          text={t("room.takeBackText")}
          action={t("room.takeBack")}
          danger
          onClose={() => setTaking(undefined)}
          onConfirm={async (because) => {
            await api.send("POST", `${base}/archive/${taking.id}/moderate`, { reason: because });
            setTaking(undefined);
            toast(t("room.takenBackNow"));
          }}
        />
      ) : null}
    </>
  );
}
