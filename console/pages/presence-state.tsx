import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { PersonState } from "./presence.ts";

/** Shapes that differ without their colours. */
const shapes: Readonly<Record<PersonState, ReactNode>> = {
  here: (
    <>
      <circle cx="10" cy="10" r="9" />
      <path className="mark" d="M5.5 10.5l3 3 6-7" />
    </>
  ),
  meeting: (
    <>
      <circle cx="7" cy="7" r="3.4" />
      <circle cx="14.2" cy="8" r="2.6" />
      <path d="M1 18c0-4 2.6-6 6-6s6 2 6 6zM14 18c0-2.4-.5-4-1.5-5.3.5-.2 1-.3 1.7-.3 2.8 0 4.8 1.9 4.8 5.6z" />
    </>
  ),
  busy: (
    <>
      <circle cx="10" cy="10" r="9" />
      <path className="mark" d="M5.5 10h9" />
    </>
  ),
  away: (
    <>
      <circle className="ring" cx="10" cy="10" r="8" />
      <path className="line" d="M10 5v5.5l3.5 2.5" />
    </>
  ),
  outOfOffice: (
    <>
      <rect x="1.5" y="6.5" width="17" height="11.5" rx="2" />
      <path className="line" d="M7 6.5v-3.5h6v3.5" />
    </>
  ),
  offline: <circle className="ring" cx="10" cy="10" r="8" />,
  unknown: (
    <>
      <circle className="ring dashed" cx="10" cy="10" r="8" />
      <path className="line" d="M7.5 8a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.8-1.1 1.8M10 14.6v.1" />
    </>
  ),
};

export function StateIcon({ state }: { readonly state: PersonState }) {
  return (
    <svg className={`state ${state}`} viewBox="0 0 20 20" aria-hidden="true">
      {shapes[state]}
    </svg>
  );
}

/** How somebody is, by shape and word. */
export function StateName({ state }: { readonly state: PersonState }) {
  const { t } = useTranslation();
  return (
    <span className="state-name">
      <StateIcon state={state} />
      {t(`directory.states.${state}`)}
    </span>
  );
}
