import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import * as z from "zod/mini";
import { path, queryText } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { useOpenDialog } from "../ui/open-dialog.ts";
import { Empty } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import type { TableQuery } from "../ui/table-data.ts";
import { ArchiveContext } from "./archive-context.tsx";
import type { ArchiveQuestion } from "./archive-question.ts";
import { MessageText } from "./message-text.tsx";
import { type MessageRow, messageShape } from "./room.ts";

const answer = z.object({ items: z.array(messageShape), next: z.nullable(z.string()) });

/** What was found in the archive of a room or of all. Each page is read for the reason that was given, and logged. */
export function ArchiveResults({ asked }: { readonly asked: ArchiveQuestion }) {
  const { t, i18n } = useTranslation();
  const { api, tenant } = useSession();
  const { open, show, close } = useOpenDialog<MessageRow>();
  const { reason, room, ...query } = asked;
  const archiveOf = (name: string) => path`/tenants/${tenant}/rooms/${name}/archive`;
  const across = room === "";
  const base = across ? path`/tenants/${tenant}/archive` : archiveOf(room);
  const fixed = queryText(query);
  const load = useCallback(
    async ({ after, limit }: TableQuery) => {
      const page = queryText({ cursor: after, limit }).slice(1);
      return answer.parse((await api.get(`${base}${fixed === "" ? "?" : `${fixed}&`}${page}`, reason)).body);
    },
    [api, base, fixed, reason],
  );
  const time = (at: string) =>
    new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(at));
  const roomColumn: Column<MessageRow> = {
    key: "room",
    title: t("archive.room"),
    text: ({ room: found }) => found?.title ?? "",
    cell: ({ room: found }) =>
      found?.ended ? (
        <>
          {found.title} <span className="soft">{t("archive.ended")}</span>
        </>
      ) : (
        <Link to={path`/rooms/${found?.name ?? ""}`}>{found?.title}</Link>
      ),
  };
  const columns: Column<MessageRow>[] = [
    { key: "at", title: t("archive.at"), text: ({ at }) => time(at) },
    ...(across ? [roomColumn] : []),
    {
      key: "nick",
      title: t("archive.nick"),
      text: ({ nick }) => nick,
      cell: ({ nick, sender }) => (
        <>
          {nick} <span className="soft">{sender ?? ""}</span>
        </>
      ),
    },
    {
      key: "body",
      title: t("archive.message"),
      text: ({ body }) => body ?? "",
      cell: (message) => <MessageText message={message} />,
    },
  ];
  return (
    <>
      <DataTable
        caption={across ? t("archive.resultsOfAll") : t("archive.results", { room })}
        columns={columns}
        load={load}
        rowKey={({ id }) => id}
        empty={<Empty title={across ? t("archive.noneInAny") : t("archive.none")} />}
        rowActions={(message) =>
          message.room?.ended ? null : (
            <Button
              label={`${t("archive.context")}: ${message.nick}, ${time(message.at)}`}
              onClick={() => show(message)}
            >
              {t("archive.context")}
            </Button>
          )
        }
      />
      {open ? (
        <ArchiveContext base={archiveOf(open.room?.name ?? room)} reason={reason} message={open} onClose={close} />
      ) : null}
    </>
  );
}
