import { html, jsonBlock } from "../pages/html.ts";
import type { Language } from "../pages/language.ts";
import { inLanguage, languageNav, layout } from "../pages/layout.ts";
import { texts } from "../pages/texts.ts";
import type { ChatTenant } from "./tenants.ts";

export interface ChatPage {
  readonly language: Language;
  readonly tenant: ChatTenant;
  /** Path and query of this page. */
  readonly self: string;
  readonly websocketUrl: string;
  /** Where the files of Converse.js are served, without slash at the end. */
  readonly assets: string;
  /** Host name of the files: the only one from which pictures are shown by themselves. */
  readonly filesHost: string;
}

/** What Converse.js is started with, as its documentation names it. */
function converseSettings({ language, tenant, websocketUrl, assets, filesHost }: ChatPage): Record<string, unknown> {
  const ours = [filesHost];
  return {
    view_mode: "fullscreen",
    authentication: "login",
    auto_login: false,
    i18n: language,
    locales: ["de", "en"],
    assets_path: assets,
    websocket_url: websocketUrl,
    // Otherwise it asks the tenant's domain for host-meta over the network first.
    discover_connection_methods: false,
    locked_domain: tenant.domain,
    muc_domain: `rooms.${tenant.domain}`,
    locked_muc_domain: "hidden",
    muc_nickname_from_jid: true,
    auto_join_rooms: [],
    auto_join_private_chats: [],
    allow_registration: false,
    // Many of these computers are shared: whoever does not say otherwise leaves nothing behind.
    allow_user_trust_override: "off",
    render_media: ours,
    allowed_image_domains: ours,
    allowed_audio_domains: ours,
    allowed_video_domains: ours,
    embed_3rd_party_media_players: false,
    // By itself it would send what is typed as name of a room to a public directory on the Internet; without any
    // service the field for the name is not shown at all. Our rooms answer that they have no such search.
    muc_search_service: `rooms.${tenant.domain}`,
    // No button for one's place: it would lead to a map on the Internet.
    visible_toolbar_buttons: { call: false, emoji: true, location: false, spoiler: false },
    loglevel: "error",
    theme: "classic",
    dark_theme: "dracula",
    blacklisted_plugins: ["converse-omemo", "converse-omemo-views", "converse-register", "converse-push"],
  };
}

/** The page in which Converse.js runs for one tenant; without script it says what to do. */
export function chatPage(page: ChatPage): string {
  const { language, tenant, self, assets } = page;
  const text = texts[language];
  const data = {
    tenant: tenant.name,
    texts: {
      signInAt: text.signInAt,
      otherTenant: text.otherTenant,
      home: text.home,
      credit: text.credit,
      loadFailed: text.loadFailed,
    },
    links: { chooser: inLanguage("/chat?choose", language), home: inLanguage("/", language) },
    converse: converseSettings(page),
  };
  return html`<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <title>${tenant.name} – ${text.chat}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="/assets/kontor.svg" type="image/svg+xml">
    <link rel="stylesheet" href="${assets}/converse.min.css">
    <link rel="stylesheet" href="/chat/assets/chat.css">
    <script type="application/json" id="settings">${jsonBlock(data)}</script>
    <script type="module" src="/chat/assets/chat.js"></script>
  </head>
  <body>
    <div id="waiting" role="status">
      <h1>${text.signInAt} ${tenant.name}</h1>
      <p id="loading" hidden>${text.loading}</p>
      <noscript><p class="failed">${text.noScript}</p></noscript>
    </div>
    <main><converse-root></converse-root></main>
    <template id="languages">${languageNav(self, language)}</template>
  </body>
</html>
`.text;
}

/** The list of tenants, for whoever came without naming one or named one that there is not. */
export function chooserPage(language: Language, tenants: readonly ChatTenant[], unknown: boolean): string {
  const text = texts[language];
  const list = html`<ul class="cards">${tenants.map(
    ({ id, name, domain }) => html`
      <li><a href="${inLanguage(`/chat?tenant=${encodeURIComponent(id)}`, language)}"><strong>${name}</strong><span>${domain}</span></a></li>`,
  )}
    </ul>`;
  return layout({
    language,
    title: `${text.chat} – ${text.name}`,
    self: "/chat",
    body: html`
      <h1>${text.choose}</h1>
      ${unknown ? html`<p class="note" role="alert">${text.unknownTenant}</p>` : []}
      <p class="lead">${tenants.length > 0 ? text.chooseText : text.noTenants}</p>
      ${tenants.length > 0 ? list : []}`,
  });
}
