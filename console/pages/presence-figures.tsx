import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { DayBars } from "../ui/day-bars.tsx";
import { useFormats } from "../ui/formats.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { everyDay, type PresenceUsage, usageShape } from "./day-usage.ts";

/** How many people of a tenant were there, by days of the last month: for the eye, as a sentence and as a table. */
export function PresenceFigures({ tenant }: { readonly tenant: string }) {
  const { t } = useTranslation();
  const { api } = useSession();
  const [usage, setUsage] = useState<PresenceUsage>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    let wanted = true;
    api.get(path`/tenants/${tenant}/presence-usage`).then(
      ({ body }) => wanted && setUsage(usageShape.parse(body)),
      (failure: unknown) => wanted && setError(failure),
    );
    return () => {
      wanted = false;
    };
  }, [api, tenant]);
  return (
    <section className="card figures" aria-labelledby="presence-figures">
      <h2 id="presence-figures">{t("presenceFigures.title")}</h2>
      <p className="soft">{t("presenceFigures.text")}</p>
      {error === undefined ? null : <ProblemNote error={error} />}
      {usage?.days.length === 0 ? <p>{t("presenceFigures.none")}</p> : null}
      {usage && usage.days.length > 0 ? <Days usage={usage} /> : null}
    </section>
  );
}

function Days({ usage }: { readonly usage: PresenceUsage }) {
  const { t } = useTranslation();
  const { number, calendarDay } = useFormats();
  const most = usage.days.reduce((best, each) => (each.peak > best.peak ? each : best));
  const said = {
    ...{ from: calendarDay(usage.from), to: calendarDay(usage.to) },
    ...{ peak: number(most.peak), day: calendarDay(most.day) },
  };
  return (
    <>
      <DayBars days={everyDay(usage).map(({ day, peak }) => ({ day, value: peak }))} />
      <p className="hint">{t("presenceFigures.chart", said)}</p>
      <details>
        <summary>{t("presenceFigures.asTable")}</summary>
        <table>
          <caption className="unseen">{t("presenceFigures.title")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("presenceFigures.day")}</th>
              <th scope="col">{t("presenceFigures.peak")}</th>
              <th scope="col">{t("presenceFigures.active")}</th>
            </tr>
          </thead>
          <tbody>
            {usage.days.toReversed().map(({ day, peak, active }) => (
              <tr key={day}>
                <th scope="row">{calendarDay(day)}</th>
                <td>{number(peak)}</td>
                <td>{number(active)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className="hint">{t("presenceFigures.activeHint")}</p>
      </details>
    </>
  );
}
