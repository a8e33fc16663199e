/**
 * Imports go down only: platform, config <- components <- identity <- domains <- gateway <- cli <- test.
 * Domains never import each other; they meet in events, the database and the wiring in cli/.
 */
const domains = "^(messaging|presence|filetransfer|conferences|retention|operations)/";
const tests = "(\\.test\\.ts|/testkit\\.ts)$";
const upTo = (name, from, to) => ({ name, severity: "error", from: { path: from, pathNot: tests }, to: { path: to } });
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
    upTo("platform-is-the-floor", "^platform/", `^(config|components|identity|gateway|cli|console)/|${domains}`),
    upTo("config-is-the-floor", "^config/", `^(platform|components|identity|gateway|cli|console)/|${domains}`),
    upTo("components-know-no-domain", "^components/", `^(identity|gateway|cli)/|${domains}`),
    upTo("identity-knows-no-domain", "^identity/", `^(gateway|cli)/|${domains}`),
    upTo("domains-are-below-the-gateway", domains, "^(gateway|cli)/"),
    {
      name: "domains-do-not-import-each-other",
      severity: "error",
      from: { path: "^(messaging|presence|filetransfer|conferences|retention|operations)/" },
      to: { path: domains, pathNot: "^$1/" },
    },
    upTo("gateway-is-below-the-cli", "^gateway/", "^cli/"),
    {
      name: "nobody-imports-the-console",
      severity: "error",
      // Tests in the browser read what a page says in each language.
      from: { pathNot: "^(console|test/web)/" },
      to: { path: "^console/" },
    },
    {
      name: "networks-do-not-import-each-other",
      severity: "error",
      from: { path: "^gateway/networks/([^/]+)/" },
      to: { path: "^gateway/networks/([^/]+)/", pathNot: "^gateway/networks/$1/" },
    },
    {
      name: "cores-are-pure",
      comment: "a core takes no driver, no clock, no random source: those are parameters",
      severity: "error",
      from: { path: "(^|/)core[^/]*\\.ts$", pathNot: "\\.test\\.ts$" },
      to: { path: "^(platform/(postgres|redis|queue|log|metrics)|node_modules/(pg|ioredis|bullmq|express|winston))" },
    },
    {
      name: "tests-are-not-imported",
      comment: "but for the command that runs the benchmarks",
      severity: "error",
      from: { pathNot: "\\.test\\.ts$|^test/|^cli/commands/bench\\.ts$" },
      to: { path: "\\.test\\.ts$|^test/" },
    },
    {
      name: "bench-imports-only-benchmarks",
      severity: "error",
      from: { path: "^cli/commands/bench\\.ts$" },
      to: { path: "\\.test\\.ts$|^test/(?!bench/)" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "\\.kontor|^console/dist" },
    parser: "swc",
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".cjs", ".mjs", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
    },
  },
};
