import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import * as z from "zod/mini";
import { path, queryText } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Empty, Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { exportShape, type RoomExport } from "./room-export.ts";
import { RoomExportForm } from "./room-export-form.tsx";
import { RoomExportJob } from "./room-export-job.tsx";

const answer = z.object({ items: z.array(exportShape), next: z.nullable(z.string()) });
const roomShape = z.object({ title: z.string(), config: z.object({ language: z.string() }) });
const PAGE = 20;

/** What was said in a room, taken along: asked for here, watched, downloaded. */
export function RoomExportsPage() {
  const { room = "" } = useParams();
  return <RoomExports key={room} name={room} />;
}

function RoomExports({ name }: { readonly name: string }) {
  const { t } = useTranslation();
  const { api, tenant } = useSession();
  const toast = useToast();
  const base = path`/tenants/${tenant}/rooms/${name}`;
  const [room, setRoom] = useState<z.infer<typeof roomShape>>();
  const [jobs, setJobs] = useState<readonly RoomExport[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState<unknown>();
  const more = useCallback(
    async (cursor?: string) => {
      const page = answer.parse((await api.get(`${base}/exports${queryText({ cursor, limit: PAGE })}`)).body);
      setJobs((shown) => (cursor === undefined ? page.items : [...shown, ...page.items]));
      setNext(page.next);
    },
    [api, base],
  );
  const read = useCallback(async () => {
    setError(undefined);
    try {
      setRoom(roomShape.parse((await api.get(base)).body));
      await more();
    } catch (problem) {
      setError(problem);
    }
  }, [api, base, more]);
  useEffect(() => void read(), [read]);
  const put = useCallback(
    (job: RoomExport) => setJobs((shown) => shown.map((each) => (each.id === job.id ? job : each))),
    [],
  );
  const back = (
    <p>
      <Link to={path`/rooms/${name}`}>{t("roomExport.back")}</Link>
    </p>
  );
  if (error !== undefined || !room) {
    return (
      <Page title={t("roomExport.of", { name })}>
        {error === undefined ? (
          <p role="status">{t("ui.loading")}</p>
        ) : (
          <ProblemNote error={error} retry={() => void read()} />
        )}
        {back}
      </Page>
    );
  }
  return (
    <Page key="there" title={t("roomExport.of", { name: room.title })} lead={t("roomExport.lead")}>
      {back}
      <RoomExportForm
        base={base}
        language={room.config.language}
        onAsked={(job) => {
          setJobs((shown) => [job, ...shown]);
          toast(t("roomExport.asked"));
        }}
      />
      <section className="card" aria-labelledby="room-exports">
        <h2 id="room-exports">{t("roomExport.list")}</h2>
        {jobs.length === 0 ? <Empty title={t("roomExport.none")} /> : null}
        <ul className="jobs">
          {jobs.map((job) => (
            <RoomExportJob key={job.id} base={base} job={job} onChange={put} />
          ))}
        </ul>
        {next === null ? null : <Button onClick={() => void more(next).catch(setError)}>{t("roomExport.more")}</Button>}
      </section>
    </Page>
  );
}
