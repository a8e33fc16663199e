import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Page } from "../ui/page.tsx";
import { ArchiveAsk } from "./archive-ask.tsx";
import type { ArchiveQuestion } from "./archive-question.ts";
import { ArchiveResults } from "./archive-results.tsx";

/** Search in the messages of one room or all: first the reason, then what was found, page by page. */
export function ArchivePage() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const { may } = useSession();
  const [asked, setAsked] = useState<ArchiveQuestion>();
  const room = asked?.room ?? params.get("room") ?? "";
  const titleOf = (question: ArchiveQuestion | undefined) => {
    if (!question) return t("archive.title");
    return question.room === "" ? t("archive.resultsOfAll") : t("archive.results", { room: question.room });
  };
  return (
    <Page
      // What was found is a page of its own: its heading gets the focus.
      key={asked ? "results" : "ask"}
      title={titleOf(asked)}
      lead={asked ? t("archive.readingFor", { reason: asked.reason }) : t("archive.lead")}
      actions={
        <>
          {room !== "" && may("archive:export") ? (
            <Link to={path`/rooms/${room}/exports`}>{t("roomExport.link")}</Link>
          ) : null}
          {asked ? <Button onClick={() => setAsked(undefined)}>{t("archive.again")}</Button> : null}
        </>
      }
    >
      {asked ? <ArchiveResults asked={asked} /> : <ArchiveAsk room={params.get("room") ?? ""} onAsk={setAsked} />}
    </Page>
  );
}
