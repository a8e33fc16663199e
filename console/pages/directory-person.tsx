import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { useFormats } from "../ui/formats.ts";
import { type Absence, dayOf, endOfDay, lastDayOf } from "./own-presence.ts";
import { type PersonPresence, sinceOf, stateOf } from "./presence.ts";
import { StateName } from "./presence-state.tsx";

interface DirectoryPersonProps {
  readonly person: PersonPresence;
  /** Whether one is told when the person comes; undefined: that is not offered. */
  readonly awaited: boolean | undefined;
  readonly onAwait: (localpart: string) => void;
}

/** One line of the directory. */
export function DirectoryPerson({ person, awaited, onAwait }: DirectoryPersonProps) {
  const { t } = useTranslation();
  const { clock, time } = useFormats();
  const { session, tenant } = useSession();
  const { localpart, jid, name, status, mobileOnly, outOfOffice } = person;
  const state = stateOf(person);
  const since = sinceOf(person);
  const self = tenant === session.person.tenant && localpart === session.person.localpart;
  const said = [status, outOfOffice?.text].filter(Boolean).join(" · ");
  const today = (at: string) => dayOf(new Date(at)) === dayOf(new Date());
  return (
    <li className="person">
      <span className="who">
        <strong>{name}</strong>
        {self ? <span className="tag">{t("directory.you")}</span> : null}
        <span className="soft">{jid}</span>
      </span>
      <span className="how">
        <StateName state={state} />
        {since ? (
          <span className="soft">
            {t("directory.since", { at: "" })}
            <time dateTime={since}>{today(since) ? clock(since) : time(since)}</time>
          </span>
        ) : null}
        {mobileOnly ? <span className="tag">{t("directory.mobile")}</span> : null}
      </span>
      <span className="says">
        {outOfOffice ? <AbsentUntil absence={outOfOffice} said={state === "outOfOffice"} /> : null}
        {said ? <span className="words">{said}</span> : null}
      </span>
      <span className="actions">
        {awaited === undefined ? null : (
          <button
            type="button"
            className="button"
            aria-pressed={awaited}
            aria-label={t("directory.tellOf", { name })}
            onClick={() => onAwait(localpart)}
          >
            <span aria-hidden="true">{awaited ? "✓ " : ""}</span>
            {t("directory.tell")}
          </button>
        )}
        {self ? null : (
          // The chat page opens a conversation with who is named behind the hash.
          <a
            className="button"
            href={`/chat?tenant=${encodeURIComponent(session.person.tenant)}#converse/chat?jid=${encodeURI(jid)}`}
            target="_blank"
            rel="noopener"
            aria-label={t("directory.writeTo", { name })}
          >
            {t("directory.write")}
          </a>
        )}
      </span>
    </li>
  );
}

interface AbsentProps {
  readonly absence: Absence;
  /** Whether it stands there already that the person is out of office. */
  readonly said: boolean;
}

function AbsentUntil({ absence: { until }, said }: AbsentProps) {
  const { t } = useTranslation();
  const { calendarDay, time } = useFormats();
  const day = lastDayOf(until);
  // What ends at midnight ends with a day, which is how it was entered.
  const at = endOfDay(day)?.getTime() === Date.parse(until) ? calendarDay(day) : time(until);
  return <span className="tag">{t(said ? "directory.until" : "directory.absentUntil", { at })}</span>;
}
