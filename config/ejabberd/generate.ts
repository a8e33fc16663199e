import { xmppDomain } from "../prosody/domain.ts";

/** All that an ejabberd configuration for N tenants depends on. */
export interface EjabberdInput {
  readonly tenants: readonly { readonly domain: string; readonly partners: readonly string[] }[];
  /** Where it listens, on the loopback interface. */
  readonly ports: { readonly clients: number; readonly components: number; readonly http: number };
  /** Socket over which accounts are made; whoever may open it may make them. */
  readonly apiSocket: string;
  readonly certificates: readonly string[];
  /** The PostgreSQL database of personal archives, as the owner of its tables. */
  readonly archive: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly password: string;
  };
  /** Loopback demos only: clients may sign in without TLS (by SCRAM). */
  readonly plainStreams: boolean;
  readonly maxStanzaBytes: number;
}

const prefixes = ["rooms", "upload", "presence"];
/** Connections to the database of each host: its messages are written one after the other, whoever waits reads. */
const SQL_CONNECTIONS = 2;
const LOOPBACK = "127.0.0.1";

/** As little of its own as the tenants' people need: rooms, files and their archives are ours. */
const modules = [
  ...["adhoc", "admin_extra", "avatar", "blocking", "bosh", "caps", "carboncopy", "client_state", "disco", "http_api"],
  ...["last", "ping", "privacy", "private", "roster", "stream_mgmt", "time", "vcard", "vcard_xupdate", "version"],
];

/**
 * The configuration file of an ejabberd (23.01) that serves all tenants of `input`, as JSON, which is YAML as well;
 * `componentSecret` gives the XEP-0114 secret of a domain. Pure. Throws a ZodError for a domain that is none.
 */
export function ejabberdConfig(input: EjabberdInput, componentSecret: (domain: string) => string): string {
  const tenants = input.tenants.map(({ domain, partners }) => ({
    domain: xmppDomain.parse(domain),
    partners: partners.map((each) => xmppDomain.parse(each)),
  }));
  const domains = tenants.map(({ domain }) => domain);
  const secrets = (domain: string) =>
    Object.fromEntries(
      prefixes.map((prefix) => `${prefix}.${domain}`).map((component) => [component, componentSecret(component)]),
    );
  const { ports, archive } = input;
  const privileged = "kontor_presence";
  const config = {
    hosts: domains,
    // From "info" on it writes the passwords of accounts that are made into its log.
    loglevel: "warning",
    certfiles: input.certificates,
    // Else it asks an authority for certificates by itself.
    acme: { auto: false },
    auth_method: "internal",
    auth_password_format: "scram",
    s2s_access: "none",
    ...{ sql_type: "pgsql", sql_server: archive.host, sql_port: archive.port, sql_database: archive.database },
    ...{ sql_username: archive.user, sql_password: archive.password, sql_pool_size: SQL_CONNECTIONS },
    new_sql_schema: true,
    listen: [
      {
        ...{ port: ports.clients, ip: LOOPBACK, module: "ejabberd_c2s", access: "all" },
        ...{ max_stanza_size: input.maxStanzaBytes, starttls: true, starttls_required: !input.plainStreams },
      },
      {
        ...{ port: ports.components, ip: LOOPBACK, module: "kontor_component", access: "all" },
        // A component wraps what clients send, hence twice the room.
        max_stanza_size: 2 * input.maxStanzaBytes,
        held: ["rooms"],
      },
      {
        ...{ port: ports.http, ip: LOOPBACK, module: "ejabberd_http" },
        request_handlers: { "/xmpp-websocket": "ejabberd_http_ws", "/http-bind": "mod_bosh" },
      },
      { port: `unix:${input.apiSocket}`, module: "ejabberd_http", request_handlers: { "/api": "mod_http_api" } },
    ],
    api_permissions: {
      accounts: {
        from: "mod_http_api",
        who: "all",
        what: ["register", "status", "registered_vhosts", "reload_config"],
      },
    },
    access_rules: { [privileged]: { allow: privileged } },
    // The rule is one, whom it means is each host's own: a tenant's presence has no business with another's people.
    host_config: Object.fromEntries(
      domains.map((domain) => [domain, { acl: { [privileged]: { server: [`presence.${domain}`] } } }]),
    ),
    append_host_config: Object.fromEntries(
      domains.map((domain) => [domain, { modules: { mod_kontor_components: { secrets: secrets(domain) } } }]),
    ),
    modules: {
      ...Object.fromEntries(modules.map((name) => [`mod_${name}`, {}])),
      mod_kontor_tenants: { tenants: Object.fromEntries(tenants.map(({ domain, partners }) => [domain, partners])) },
      mod_kontor_accounts: {},
      mod_kontor_archive: {},
      mod_kontor_fanout: {},
      mod_kontor_presence: {},
      mod_kontor_visibility: {},
      mod_mam: { db_type: "sql", default: "always" },
      mod_pubsub: { plugins: ["flat", "pep"] },
      mod_privilege: {
        roster: { both: privileged },
        message: { outgoing: privileged },
        // Not what they are sent by their contacts: that is what those may see.
        presence: { managed_entity: privileged },
      },
    },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
