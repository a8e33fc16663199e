import type { Request } from "express";

export type Language = "de" | "en";

const languages: readonly Language[] = ["de", "en"];

/** The language of a page: `?lang=`, else what the browser prefers (RFC 9110 12.5.4), else German. */
export function languageOf(request: Request): Language {
  const asked = languages.find((language) => language === request.query.lang);
  const preferred = request.acceptsLanguages(...languages);
  return asked ?? languages.find((language) => language === preferred) ?? "de";
}
