import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { Empty, Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { DirectoryFilters } from "./directory-filters.tsx";
import { DirectoryList } from "./directory-list.tsx";
import { inGroups, lookFor, personStates, stateOf, type Wanted } from "./presence.ts";
import { useAwaited } from "./use-awaited.ts";
import { usePresence } from "./use-presence.ts";
import { useRosterGroups } from "./use-roster-groups.ts";

/** Who of the tenant is there, live. What is looked for stands in the address, so that it stays with a reload. */
export function DirectoryPage() {
  const { t, i18n } = useTranslation();
  const { told, interrupted, error, retry } = usePresence();
  const groups = useRosterGroups();
  const { awaited, arrived, toggle, close } = useAwaited(told.people);
  const [params, setParams] = useSearchParams();
  // The address follows what is typed too late to hold it.
  const [text, setText] = useState(params.get("text") ?? "");
  const wanted: Wanted = {
    text,
    state: personStates.find((state) => state === params.get("state")) ?? "",
    group: params.get("group") ?? "",
  };
  const grouped = params.has("grouped");
  const { state, group } = wanted;
  const { found, counts, all } = useMemo(
    () => lookFor(told.people.values(), { text, state, group }, i18n.language),
    [told.people, text, state, group, i18n.language],
  );
  const shown = grouped ? inGroups(found, groups) : [];
  const change = (to: Partial<Wanted> & { readonly grouped?: boolean }) => {
    const next = { ...wanted, grouped, ...to };
    setText(next.text);
    const set = Object.entries(next).flatMap(([name, value]) => (value ? [[name, String(value)]] : []));
    setParams(new URLSearchParams(set), { replace: true });
  };
  return (
    <Page
      title={t("directory.title")}
      lead={t("directory.lead")}
      actions={
        <Link className="button" to="/own-presence">
          {t("ownPresence.title")}
        </Link>
      }
    >
      {error === undefined ? null : <ProblemNote error={error} retry={retry} />}
      <div role="status">
        {told.begun || error !== undefined ? null : <p>{t("ui.loading")}</p>}
        {interrupted ? <p className="note">{t("directory.interrupted")}</p> : null}
        {told.heard === false ? <p className="note">{t("directory.notHeard")}</p> : null}
        {arrived.map(({ localpart, name }) => (
          <div key={localpart} className="arrived">
            <span>{t("directory.nowHere", { name })}</span>
            <button
              type="button"
              className="button"
              aria-label={t("directory.nowHereClose", { name })}
              onClick={() => close(localpart)}
            >
              {t("ui.close")}
            </button>
          </div>
        ))}
      </div>
      {told.begun ? (
        <>
          <DirectoryFilters {...{ wanted, grouped, groups, counts, all }} onChange={change} />
          <Found count={found.length} of={JSON.stringify([text, state, group, i18n.language])} />
          {found.length === 0 ? (
            <Empty title={told.people.size === 0 ? t("directory.empty") : t("directory.nobody")} />
          ) : null}
          {grouped ? (
            shown.map(({ group: of, people }) => {
              const name = of?.name ?? t("directory.noGroup");
              const here = people.filter((person) => stateOf(person) === "here").length;
              return (
                <section key={of?.id ?? ""} aria-label={name}>
                  <div className="directory-head">
                    <h2>{name}</h2>
                    <span className="soft">{t("directory.hereOf", { here, all: people.length })}</span>
                  </div>
                  <DirectoryList people={people} label={name} awaited={awaited} onAwait={toggle} />
                </section>
              );
            })
          ) : found.length > 0 ? (
            <DirectoryList people={found} label={t("directory.title")} awaited={awaited} onAwait={toggle} />
          ) : null}
        </>
      ) : null}
    </Page>
  );
}

const PAUSE_MS = 500;

/** How many were found, read out after one has looked for something else: not whenever somebody comes or goes. */
function Found({ count, of }: { readonly count: number; readonly of: string }) {
  const { t } = useTranslation();
  const [said, setSaid] = useState("");
  const first = useRef(of);
  const latest = useRef(count);
  latest.current = count;
  useEffect(() => {
    if (first.current === of) return;
    first.current = "";
    const timer = setTimeout(() => setSaid(t("directory.found", { count: latest.current })), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [of, t]);
  return (
    <p className="unseen" role="status">
      {said}
    </p>
  );
}
