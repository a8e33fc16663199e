import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { fileAddress } from "../api/client.ts";
import { Page } from "../ui/page.tsx";
import { OwnConversation } from "./own-conversation.tsx";
import { OwnConversations } from "./own-conversations.tsx";
import type { OwnSearch } from "./own-message.ts";
import { OwnResults } from "./own-results.tsx";
import { OwnSearchForm } from "./own-search-form.tsx";

/** One's own messages with others. What is shown stands in the address, so that the browser's way back works. */
export function OwnMessagesPage() {
  const { t, i18n } = useTranslation();
  const [params, setParams] = useSearchParams();
  const of = (name: string) => params.get(name) ?? "";
  const searched: OwnSearch = { text: of("text"), with: of("with"), from: of("from"), to: of("to") };
  const show = (next: Partial<OwnSearch>) => setParams(Object.entries(next).filter(([, value]) => value !== ""));
  const take = (format: "html" | "json") =>
    fileAddress(`/own/messages/export?${new URLSearchParams({ format, language: i18n.language })}`);
  return (
    <Page title={t("ownMessages.title")} lead={t("ownMessages.lead")}>
      <OwnSearchForm
        key={params.toString()}
        searched={searched}
        onSearch={show}
        onEnd={() => show({ with: searched.with })}
      />
      <div className="talks">
        <OwnConversations chosen={searched.with} />
        <div>
          {searched.text !== "" ? <OwnResults key={params.toString()} searched={searched} /> : null}
          {searched.text === "" && searched.with !== "" ? (
            <OwnConversation key={searched.with} who={searched.with} />
          ) : null}
          {searched.text === "" && searched.with === "" ? <p className="empty">{t("ownMessages.choose")}</p> : null}
        </div>
      </div>
      <section className="card" aria-labelledby="own-take">
        <h2 id="own-take">{t("ownMessages.take")}</h2>
        <p>{t("ownMessages.takeText")}</p>
        <div className="actions">
          <a className="button plain" href={take("html")} download>
            {t("ownMessages.takeHtml")}
          </a>
          <a className="button plain" href={take("json")} download>
            {t("ownMessages.takeJson")}
          </a>
        </div>
      </section>
    </Page>
  );
}
