import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { DayBars } from "../ui/day-bars.tsx";
import { type Fact, Facts } from "../ui/facts.tsx";
import { useFormats } from "../ui/formats.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { type Statistics, statisticsShape } from "./room.ts";

const DAYS = 30;

/** How much is going on in a room, or in all rooms of a tenant. `address` is where the API has the figures. */
export function RoomNumbers({ address }: { readonly address: string }) {
  const { t } = useTranslation();
  const { number, size, time } = useFormats();
  const { api } = useSession();
  const [numbers, setNumbers] = useState<Statistics>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    let wanted = true;
    api.get(`${address}?days=${DAYS}`).then(
      ({ body }) => wanted && setNumbers(statisticsShape.parse(body)),
      (failure: unknown) => wanted && setError(failure),
    );
    return () => {
      wanted = false;
    };
  }, [api, address]);
  if (error !== undefined) return <ProblemNote error={error} />;
  if (!numbers) return null;
  const { rooms, occupants, messages, bytes, lastMessageAt, days } = numbers;
  const facts: Fact[] = [
    ...(rooms === undefined ? [] : [[t("rooms.title"), number(rooms)] as const]),
    [t("rooms.occupants"), occupants === null ? t("rooms.unknown") : number(occupants)],
    [t("rooms.messagesToday"), number(days.at(-1)?.messages ?? 0)],
    [t("rooms.kept"), t("rooms.keptOf", { messages: number(messages), size: size(bytes) })],
    [t("rooms.last"), lastMessageAt === null ? t("rooms.never") : time(lastMessageAt)],
  ];
  return (
    <section className="card" aria-labelledby="room-numbers">
      <h2 id="room-numbers">{t("rooms.numbers")}</h2>
      <Facts of={facts} />
      {days.some(({ messages: said }) => said > 0) ? <MessagesByDay days={days} /> : null}
    </section>
  );
}

/** A chart for the eye, and the same as a sentence and as a table. */
function MessagesByDay({ days }: Pick<Statistics, "days">) {
  const { t } = useTranslation();
  const { number, calendarDay } = useFormats();
  const most = Math.max(0, ...days.map(({ messages }) => messages));
  const said = {
    from: calendarDay(days[0]?.day ?? ""),
    to: calendarDay(days.at(-1)?.day ?? ""),
    most: number(most),
    sum: number(days.reduce((sum, { messages }) => sum + messages, 0)),
  };
  return (
    <>
      <DayBars days={days.map(({ day, messages }) => ({ day, value: messages }))} />
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
  );
}
