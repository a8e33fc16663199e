import { type Html, html } from "./html.ts";
import type { Language } from "./language.ts";
import { texts } from "./texts.ts";

export interface Page {
  readonly language: Language;
  readonly title: string;
  /** Path and query of the same page, to which `lang` is added. */
  readonly self: string;
  readonly body: Html;
}

/** The address of the same page in another language. */
export function inLanguage(self: string, language: Language): string {
  const url = new URL(self, "http://page.invalid");
  url.searchParams.set("lang", language);
  return `${url.pathname}${url.search}`;
}

function languageLink(self: string, language: Language, current: Language, label: string): Html {
  const href = inLanguage(self, language);
  return language === current
    ? html`<a href="${href}" lang="${language}" hreflang="${language}" aria-current="true">${label}</a>`
    : html`<a href="${href}" lang="${language}" hreflang="${language}">${label}</a>`;
}

/** Links to the page in each language, the current one marked. */
export function languageNav(self: string, current: Language): Html {
  return html`<nav class="languages" aria-label="${texts[current].languages}">
    ${languageLink(self, "de", current, "Deutsch")} ${languageLink(self, "en", current, "English")}
  </nav>`;
}

/** A whole document: head, banner with the name and the languages, main part. */
export function layout({ language, title, self, body }: Page): string {
  const text = texts[language];
  return html`<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <title>${title}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="/assets/kontor.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/assets/colours.css">
    <link rel="stylesheet" href="/assets/pages.css">
  </head>
  <body>
    <a class="skip" href="#content">${text.skip}</a>
    <header>
      <a class="brand" href="${inLanguage("/", language)}"><img src="/assets/kontor.svg" alt="" width="36" height="36">${text.name}</a>
      ${languageNav(self, language)}
    </header>
    <main id="content" tabindex="-1">${body}</main>
  </body>
</html>
`.text;
}
