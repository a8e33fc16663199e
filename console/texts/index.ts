import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { de, en } from "./areas.ts";

export const languages = ["de", "en"] as const;
export type Language = (typeof languages)[number];

const KEY = "kontor-language";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof de };
  }
}

/** Starts with the language chosen in this browser, else German. */
export async function startTexts(): Promise<void> {
  const stored = localStorage.getItem(KEY);
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
  await i18next.use(initReactI18next).init({
    lng: languages.find((language) => language === stored) ?? "de",
    fallbackLng: "de",
    resources: { de: { translation: de }, en: { translation: en } },
    // React escapes by itself.
    interpolation: { escapeValue: false },
  });
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  void i18next.changeLanguage(language);
}
