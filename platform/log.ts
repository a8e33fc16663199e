import { createLogger, format, transports } from "winston";

/** The eight log classes of the retention schedule. Each line carries one: it decides how long the line may live. */
export type LogClass =
  | "infrastructure"
  | "system"
  | "audit"
  | "application"
  | "user-action"
  | "usage"
  | "connection"
  | "billing";

export type LogLevel = "error" | "warn" | "info" | "debug";
type Fields = Readonly<Record<string, unknown>>;

/** One JSON line a call. `fields` never hold message content; secrets are masked by name. */
export interface Log {
  error(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
  /** The same log with further fields on each line, or another class. */
  with(fields: Fields & { readonly class?: LogClass }): Log;
}

const SECRET = /password|token|secret|authorization|cookie/i;

function plain(key: string, value: unknown): unknown {
  if (SECRET.test(key) && value !== undefined) return "***";
  if (value instanceof Error) {
    const code = "code" in value ? value.code : undefined;
    const cause = value.cause === undefined ? undefined : plain("cause", value.cause);
    return { name: value.name, message: value.message, code, cause, stack: value.stack };
  }
  return value;
}

const masked = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(key, value)]));

/** The log of one process, to standard output. */
export function createLog(process: string, level: LogLevel): Log {
  const logger = createLogger({
    level,
    format: format.combine(format.timestamp(), format.json()),
    transports: [new transports.Console()],
  });
  const wrap = (base: Fields): Log => {
    const write =
      (severity: LogLevel) =>
      (message: string, fields: Fields = {}) => {
        logger.log(severity, message, { ...base, ...masked(fields) });
      };
    return {
      error: write("error"),
      warn: write("warn"),
      info: write("info"),
      debug: write("debug"),
      with: (fields) => wrap({ ...base, ...masked(fields) }),
    };
  };
  return wrap({ class: "application" satisfies LogClass, process });
}
