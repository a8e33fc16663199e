import { useState } from "react";
import { useTranslation } from "react-i18next";
import { languages, rememberLanguage } from "../texts/index.ts";
import { applyTheme, storedTheme, themes } from "./theme.ts";

const names = { de: "Deutsch", en: "English" } as const;

/** Language and colours: on each page, remembered in this browser. */
export function Switches() {
  const { t, i18n } = useTranslation();
  const [theme, setTheme] = useState(storedTheme);
  return (
    <div className="switches">
      <fieldset>
        <legend className="unseen">{t("ui.language")}</legend>
        {languages.map((language) => (
          <button
            key={language}
            type="button"
            lang={language}
            aria-pressed={i18n.language === language}
            onClick={() => rememberLanguage(language)}
          >
            {names[language]}
          </button>
        ))}
      </fieldset>
      <label>
        {t("ui.theme")}{" "}
        <select
          value={theme}
          onChange={(event) => {
            const next = themes.find((each) => each === event.target.value) ?? "system";
            applyTheme(next);
            setTheme(next);
          }}
        >
          {themes.map((each) => (
            <option key={each} value={each}>
              {t(`ui.themes.${each}`)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
