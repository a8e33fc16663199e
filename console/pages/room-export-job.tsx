import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { fileAddress } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { Facts } from "../ui/facts.tsx";
import { useFormats } from "../ui/formats.ts";
import { useToast } from "../ui/toast.tsx";
import { exportShape, isOpen, type RoomExport } from "./room-export.ts";

interface JobProps {
  /** Path of the room. */
  readonly base: string;
  readonly job: RoomExport;
  readonly onChange: (job: RoomExport) => void;
}

const WATCH_MS = 1_000;

/** One export: how far it is while it is made, the way to its ZIP, its end. */
export function RoomExportJob({ base, job, onChange }: JobProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const { time, day, size, number } = useFormats();
  const toast = useToast();
  const [asking, setAsking] = useState(false);
  const address = `${base}/exports/${job.id}`;
  const open = isOpen(job);
  useEffect(() => {
    if (!open) return undefined;
    let timer = 0;
    let wanted = true;
    const look = async () => {
      // While the network is away it stays as it was, and is asked again.
      const answer = await api.get(address).catch(() => undefined);
      if (!wanted) return;
      if (answer) onChange(exportShape.parse(answer.body));
      timer = window.setTimeout(look, WATCH_MS);
    };
    timer = window.setTimeout(look, WATCH_MS);
    return () => {
      wanted = false;
      window.clearTimeout(timer);
    };
  }, [api, address, open, onChange]);
  const name = t("roomExport.name", { format: t(`roomExport.formats.${job.format}`), at: time(job.createdAt) });
  const end = async (reason: string) => {
    await api.send("DELETE", address, { reason });
    onChange(exportShape.parse((await api.get(address)).body));
    setAsking(false);
    toast(open ? t("roomExport.cancelled") : t("roomExport.removed"));
  };
  const facts = [
    [t("roomExport.askedBy"), job.askedBy],
    [t("roomExport.why"), job.reason],
    [t("roomExport.span"), spanOf(job)],
    ...(job.zip && job.expiresAt ? [[t("roomExport.expires"), time(job.expiresAt)] as const] : []),
    ...(job.zip ? [[t("roomExport.sum"), <code key="sum">{job.zip.sha256}</code>] as const] : []),
  ] as const;
  function spanOf({ from, to }: RoomExport): string {
    // The end that is kept lies behind the last day that was chosen.
    const last = to === null ? "" : day(new Date(to).getTime() - 1);
    if (from === null) return to === null ? t("roomExport.all") : t("roomExport.until", { to: last });
    return to === null
      ? t("roomExport.since", { from: day(from) })
      : t("roomExport.between", { from: day(from), to: last });
  }
  const { messages, messagesTotal, files, bytes, bytesExpected } = job.progress;
  const figures = { messages: number(messages), files: number(files), bytes: size(bytes) };
  const sofar = { ...figures, total: number(messagesTotal ?? 0), expected: size(bytesExpected ?? bytes) };
  return (
    <li className="job" aria-label={name}>
      <h3>
        {name} {job.files ? <span className="tag">{t("roomExport.withFiles")}</span> : null}
      </h3>
      <p role="status">
        <strong>{t(`roomExport.states.${job.state}`)}</strong>
      </p>
      {open ? (
        <>
          <progress aria-label={`${t("roomExport.progress")}: ${name}`} {...doneOf(job)} />
          <p className="soft">{messagesTotal === null ? t("roomExport.begins") : t("roomExport.sofar", sofar)}</p>
        </>
      ) : null}
      {job.zip ? <p>{t("roomExport.done", { ...figures, bytes: size(job.zip.bytes) })}</p> : null}
      {job.state === "failed" ? (
        <p>{t(job.problem?.code === "too-large" ? "roomExport.tooLarge" : "roomExport.failed")}</p>
      ) : null}
      <Facts of={facts} />
      <div className="actions">
        {job.zip && job.mine ? (
          <a
            className="button primary"
            href={fileAddress(`${address}/file`)}
            download
            aria-label={`${t("roomExport.download")}: ${name}`}
          >
            {t("roomExport.download")}
          </a>
        ) : null}
        {job.zip && !job.mine ? <span className="because">{t("roomExport.others")}</span> : null}
        {open || job.zip ? (
          <Button
            label={`${t(open ? "roomExport.cancel" : "roomExport.remove")}: ${name}`}
            onClick={() => setAsking(true)}
          >
            {t(open ? "roomExport.cancel" : "roomExport.remove")}
          </Button>
        ) : null}
      </div>
      {asking ? (
        <ConfirmDialog
          title={name}
          text={t(open ? "roomExport.cancelText" : "roomExport.removeText")}
          action={t(open ? "roomExport.cancel" : "roomExport.remove")}
          danger
          onConfirm={end}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </li>
  );
}

/** How full the bar is; without a value it says that something is going on. */
const doneOf = ({ progress: { messages, messagesTotal } }: RoomExport) =>
  messagesTotal === null || messagesTotal === 0 ? {} : { value: messages, max: messagesTotal };
