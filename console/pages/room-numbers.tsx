import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { useFormats } from "../ui/formats.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { type Statistics, statisticsShape } from "./room.ts";

const DAYS = 30;
const HIGH = 80;
const STEP = 20;

/** How much is going on in the rooms of a tenant. `base` is the tenant's path. */
export function RoomNumbers({ base }: { readonly base: string }) {
  const { t } = useTranslation();
  const { number, calendarDay } = useFormats();
  const { api } = useSession();
  const [numbers, setNumbers] = useState<Statistics>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    let wanted = true;
    api.get(`${base}/room-statistics?days=${DAYS}`).then(
      ({ body }) => wanted && setNumbers(statisticsShape.parse(body)),
      (failure: unknown) => wanted && setError(failure),
    );
    return () => {
      wanted = false;
    };
  }, [api, base]);
  if (error !== undefined) return <ProblemNote error={error} />;
  if (!numbers) return null;
  const { rooms, messagesToday, days } = numbers;
  const most = Math.max(1, ...days.map(({ messages }) => messages));
  const said = {
    from: calendarDay(days[0]?.day ?? ""),
    to: calendarDay(days.at(-1)?.day ?? ""),
    most: number(Math.max(0, ...days.map(({ messages }) => messages))),
    sum: number(days.reduce((sum, { messages }) => sum + messages, 0)),
  };
  return (
    <section className="card" aria-labelledby="room-numbers">
      <h2 id="room-numbers">{t("rooms.numbers")}</h2>
      <p>
        {t("rooms.numbersOf", {
          rooms: number(rooms),
          messages: number(messagesToday),
        })}
      </p>
      {days.length > 0 ? (
        <>
          <svg
            className="bars"
            aria-hidden="true"
            preserveAspectRatio="none"
            viewBox={`0 0 ${days.length * STEP} ${HIGH}`}
          >
            {days.map(({ day, messages }, at) => {
              const high = Math.max(1, Math.round((messages / most) * HIGH));
              return (
                <rect key={day} x={at * STEP + 2} y={HIGH - high} width={STEP - 4} height={high}>
                  <title>{`${calendarDay(day)}: ${number(messages)}`}</title>
                </rect>
              );
            })}
          </svg>
          <p className="hint">{t("rooms.chart", said)}</p>
          <details>
            <summary>{t("rooms.asTable")}</summary>
            <table>
              <caption className="unseen">{t("rooms.perDay")}</caption>
              <thead>
                <tr>
                  <th scope="col">{t("rooms.day")}</th>
                  <th scope="col">{t("rooms.messages")}</th>
                </tr>
              </thead>
              <tbody>
                {days.toReversed().map(({ day, messages }) => (
                  <tr key={day}>
                    <th scope="row">{calendarDay(day)}</th>
                    <td>{number(messages)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </details>
        </>
      ) : null}
    </section>
  );
}
