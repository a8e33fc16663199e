import { type ProsodyInput, prosodyInput } from "./input.ts";
import { type LuaValue, lua, luaOptions, luaString } from "./lua.ts";

export type { ProsodyInput } from "./input.ts";

const hostModules = [
  ...["roster", "saslauth", "tls", "disco", "private", "blocklist", "bookmarks", "pep", "vcard4", "vcard_legacy"],
  ...["carbons", "smacks", "csi_simple", "mam", "websocket", "bosh", "ping", "time", "version", "uptime"],
  ...[
    "admin_adhoc",
    "privilege",
    "delegation",
    "kontor_tenants",
    "kontor_fanout",
    "kontor_deleted",
    "kontor_groups",
    "kontor_visibility",
    "kontor_presence",
    "kontor_vcard",
    "limits",
    "admin_socket",
    "admin_shell",
  ],
];
// IBR is off since accounts come from the tenant's administrator; s2s is off since no tenant federates outside yet.
const modulesOff = ["register", "register_ibr", "s2s", "offline"];

/** What `presence.<domain>` may do at its tenant's host (XEP-0356). */
const privileges: LuaValue = {
  roster: "both",
  message: "outgoing",
  // Of its own people. With "roster" mod_privilege goes through everybody's whole roster when the stream starts.
  presence: "managed_entity",
  iq: { "jabber:iq:roster": "both", "http://jabber.org/protocol/pubsub": "both" },
};

/** The longest list of receivers of one stanza (components/fan-out.ts), in UTF-8. */
const RECEIVERS_BYTES = 400_000;

/** In every host's section: so that whoever looks after a running server tells our hosts from those of others. */
export const HOST_MARK = "kontor_host";

/**
 * A host without people that takes WebSocket and BOSH under any name: a tenant's host would take the way of all others
 * with it when it is suspended.
 */
const WEB_HOST = "web.kontor.invalid";

const webHost = [
  `VirtualHost ${luaString(WEB_HOST)}`,
  luaOptions({ [HOST_MARK]: true, enabled: true, disco_hidden: true }, "  "),
].join("\n");

/** The hosts of a tenant's domain, in the order in which a running server activates them. */
export function tenantHosts(domain: string): string[] {
  return [domain, ...["conference", "rooms", "upload", "presence"].map((prefix) => `${prefix}.${domain}`)];
}

/** All hosts of a server for these tenants. */
export function serverHosts(domains: readonly string[]): string[] {
  return [WEB_HOST, ...domains.flatMap(tenantHosts)];
}

function globalSection(input: ProsodyInput): string {
  const { folders, interfaces, ports, certificate, archive, web } = input;
  return luaOptions({
    daemonize: false,
    run_as_root: input.runAsRoot,
    pidfile: folders.pidFile,
    data_path: folders.data,
    plugin_paths: folders.plugins,
    admin_socket: folders.adminSocket,
    log: { [input.logLevel]: "*console" },
    modules_enabled: hostModules,
    modules_disabled: modulesOff,
    authentication: "internal_hashed",
    allow_unencrypted_plain_auth: false,
    c2s_require_encryption: !input.plainStreams,
    certificates: folders.certificates,
    certificate: certificate.certificate,
    ssl: { certificate: certificate.certificate, key: certificate.key },
    // Direct TLS and HTTPS ports want certificates of their own; what is offered is STARTTLS.
    c2s_interfaces: interfaces.clients,
    c2s_ports: [ports.clients],
    c2s_direct_tls_ports: [],
    component_interfaces: interfaces.components,
    component_ports: [ports.components],
    http_interfaces: interfaces.http,
    http_ports: [ports.http],
    https_ports: [],
    s2s_ports: [],
    http_default_host: WEB_HOST,
    consider_websocket_secure: web.behindTls,
    consider_bosh_secure: web.behindTls,
    http_cors_override: {
      websocket: { enabled: true, ...(web.origins === "*" ? {} : { origins: web.origins }) },
      bosh: { enabled: true, ...(web.origins === "*" ? {} : { origins: web.origins }) },
    },
    c2s_stanza_size_limit: input.maxStanzaBytes,
    // A component wraps what clients send (privileged and forwarded stanzas), hence twice the room, and lists receivers.
    component_stanza_size_limit: 2 * input.maxStanzaBytes + RECEIVERS_BYTES,
    limits: { c2s: { rate: input.clientRate, burst: "5s" } },
    // The server's own threshold (105) starts a collection whenever 5 % were allocated, which is half of its work
    // under load. 200 lets memory double in between. Its own speed (500) then does nearly all of it at once: with 200
    // people in a room everybody waited 35 ms for each. At 1 some thousand objects are looked at for every 8 KiB that
    // are allocated, well under a millisecond a stanza; it ends after about a third of what there is was allocated.
    gc: { mode: "incremental", threshold: 200, speed: 1 },
    // The server gathers what it has for a connection into one write by itself. With Nagle's algorithm on top, the next
    // message waits until the receiver has acknowledged the one before, which a receiver that says nothing delays by
    // up to 40 ms.
    network_settings: { nagle: false },
    default_storage: "internal",
    // Only archives go to SQL: accounts and rosters must not wait for a database.
    storage: { archive: "sql" },
    // Deletion of people's archives is Kontor's: by the rule of each tenant, with evidence. A limit of the server's own
    // would delete without any, and earlier than a longer rule.
    archive_expires_after: "never",
    // Totals are what the server remembers of its own writing, without what was deleted here (XEP-0059 lets them be
    // approximate): it does not count for them besides.
    mam_include_total: false,
    // Everybody's messages are archived until somebody chooses otherwise for himself (urn:xmpp:mam:2 prefs).
    default_archive_policy: true,
    max_archive_query_results: 250,
    sql: {
      driver: "PostgreSQL",
      host: archive.host,
      port: archive.port,
      database: archive.database,
      username: archive.user,
      password: archive.password,
    },
    sql_manage_tables: true,
    smacks_max_queue_size: 1000,
    kontor_tenants: Object.fromEntries(input.tenants.map(({ domain, partners }) => [domain, partners])),
  });
}

function component(domain: string, secret: string, name: string, modules: readonly string[]): string {
  return [
    `Component ${luaString(domain)}`,
    luaOptions(
      {
        component_secret: secret,
        [HOST_MARK]: true,
        // A second components process started by mistake is turned away and the first stays (mod_component:
        // "kick_new" closes the newcomer with <conflict/>, "kick_old" would let both throw each other out for ever).
        component_conflict_resolve: "kick_new",
        validate_from_addresses: true,
        name,
        modules_enabled: modules,
        modules_disabled: ["s2s"],
      },
      "  ",
    ),
  ].join("\n");
}

function conference(domain: string): string {
  return [
    `Component ${luaString(domain)} "muc"`,
    luaOptions(
      {
        [HOST_MARK]: true,
        name: "Conferences",
        modules_enabled: ["kontor_tenants", "muc_moderation", "kontor_conferences"],
        modules_disabled: ["s2s"],
        // As Jitsi has it: a conference leaves nothing behind, and its focus is made owner by Jitsi's own modules.
        storage: "memory",
        admins: [],
        component_admins_as_room_owners: false,
        restrict_room_creation: false,
        muc_room_locking: false,
        muc_room_default_public: false,
        muc_room_default_public_jids: true,
        muc_tombstones: false,
        max_history_messages: 20,
      },
      "  ",
    ),
  ].join("\n");
}

function tenantSections(domain: string, input: ProsodyInput, secretOf: (domain: string) => string): string[] {
  const presence = `presence.${domain}`;
  const host = [
    `VirtualHost ${luaString(domain)}`,
    luaOptions(
      {
        [HOST_MARK]: true,
        enabled: true,
        admins: [presence],
        privileged_entities: { [presence]: privileges },
        delegations: {},
      },
      "  ",
    ),
    `  disco_items = { ${lua([`rooms.${domain}`, "Rooms"])}, ${lua([`upload.${domain}`, "File transfer"])}, ${lua([`presence.${domain}`, "People"])} }`,
    `  http_external_url = ${luaString(new URL("/", input.web.websocketUrl.replace(/^ws/, "http")).href)}`,
  ].join("\n");
  const external = (name: string, title: string, modules: readonly string[]): string =>
    component(`${name}.${domain}`, secretOf(`${name}.${domain}`), title, modules);
  return [
    host,
    conference(`conference.${domain}`),
    external("rooms", "Rooms", ["kontor_tenants", "kontor_fanout", "kontor_hold"]),
    external("upload", "File transfer", ["kontor_tenants"]),
    // Without both modules in the component's own section nothing is granted to it.
    external("presence", "Presence", ["kontor_tenants", "privilege", "delegation"]),
  ];
}

/**
 * The configuration file of a Prosody (0.12) that serves all tenants of `input`; `componentSecret` gives the XEP-0114
 * secret of a domain. Pure. Throws a ZodError for input that must not get into Lua.
 */
export function prosodyConfig(input: ProsodyInput, componentSecret: (domain: string) => string): string {
  const checked = prosodyInput.parse(input);
  const sections = checked.tenants.flatMap(({ domain }) => tenantSections(domain, checked, componentSecret));
  const own = checked.folders.own === undefined ? [] : [`Include ${luaString(`${checked.folders.own}/*.cfg.lua`)}`];
  return ["-- Generated; changes are lost.", globalSection(checked), webHost, ...sections, ...own, ""].join("\n\n");
}
