import { errors, type KontorError } from "../../../platform/errors.ts";
import { html } from "./html.ts";
import type { Language } from "./language.ts";
import { inLanguage, layout } from "./layout.ts";
import { texts } from "./texts.ts";

/** What a person at a browser is told instead of a problem document. */
export function failurePage(language: Language, error: KontorError, requestId: string): string {
  const text = texts[language];
  const { status } = errors[error.code];
  const detail = status === 404 ? text["not-found"] : status === 503 ? text.unavailable : text.internal;
  return layout({
    language,
    title: `${status} – ${text.name}`,
    self: "/",
    body: html`
      <h1>${text.wrong}</h1>
      <p class="lead">${detail}</p>
      <p><a class="button" href="${inLanguage("/", language)}">${text.back}</a></p>
      <p class="small">${text.requestId}: <code>${requestId}</code></p>`,
  });
}
