import { html } from "./html.ts";
import type { Language } from "./language.ts";
import { inLanguage, layout } from "./layout.ts";
import { texts } from "./texts.ts";

/** The start page: what is here and where it leads. */
export function landingPage(language: Language): string {
  const text = texts[language];
  const cards = [
    { href: inLanguage("/chat", language), title: text.chat, detail: text.chatText },
    { href: "/console", title: text.console, detail: text.consoleText },
    { href: inLanguage("/api/docs", language), title: text.api, detail: text.apiText },
    { href: "/healthz", title: text.health, detail: text.healthText },
  ];
  return layout({
    language,
    title: `${text.name} – ${text.motto}`,
    self: "/",
    body: html`
      <h1>${text.name}</h1>
      <p class="lead">${text.motto}</p>
      <h2 class="unseen">${text.places}</h2>
      <ul class="cards">${cards.map(
        ({ href, title, detail }) => html`
        <li><a href="${href}"><strong>${title}</strong><span>${detail}</span></a></li>`,
      )}
      </ul>`,
  });
}
