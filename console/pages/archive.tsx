import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { Button } from "../ui/button.tsx";
import { Page } from "../ui/page.tsx";
import { ArchiveAsk } from "./archive-ask.tsx";
import type { ArchiveQuestion } from "./archive-question.ts";
import { ArchiveResults } from "./archive-results.tsx";

/** Search in the messages of one room or all: first the reason, then what was found, page by page. */
export function ArchivePage() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const [asked, setAsked] = useState<ArchiveQuestion>();
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
      actions={asked ? <Button onClick={() => setAsked(undefined)}>{t("archive.again")}</Button> : null}
    >
      {asked ? <ArchiveResults asked={asked} /> : <ArchiveAsk room={params.get("room") ?? ""} onAsk={setAsked} />}
    </Page>
  );
}
