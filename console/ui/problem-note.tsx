import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem.ts";
import { de } from "../texts/areas.ts";

const isKnown = (code: string): code is keyof typeof de.problems => Object.hasOwn(de.problems, code);

/** Says what went wrong and what to do next; the API's own words stand below, marked as English. */
export function ProblemNote({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const { t } = useTranslation();
  const problem = error instanceof Problem ? error : undefined;
  const code = problem?.code ?? "network";
  const known = [problem?.reason ?? "", code].find(isKnown) ?? "internal";
  const text = t(`problems.${known}`);
  return (
    <div role="alert" tabIndex={-1} className="note">
      <p>{text}</p>
      {problem && problem.detail !== "" ? (
        <p className="soft" lang="en">
          {problem.detail}
        </p>
      ) : null}
      {problem?.requestId ? (
        <p className="soft">
          {t("ui.requestId")}: <code>{problem.requestId}</code>
        </p>
      ) : null}
      {retry ? (
        <button type="button" className="button plain" onClick={retry}>
          {t("ui.retry")}
        </button>
      ) : null}
    </div>
  );
}
