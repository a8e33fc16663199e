/** What the API asks of the owner of a tenant's rooms, as data. Pure. */
import { z } from "zod";
import type { Actor } from "../identity/index.ts";
import { type ErrorCode, isErrorCode, KontorError } from "../platform/errors.ts";
import { insideRoles, type RoomConfig, roomConfig } from "./core-config.ts";

/** Fields without their defaults, all of them optional: a field that is absent stays as it is. */
type Changes<S extends z.ZodRawShape> = {
  [K in keyof S]: z.ZodOptional<S[K] extends z.ZodDefault<infer Inner> ? Inner : S[K]>;
};
const changesOf = <S extends z.ZodRawShape>(shape: S) =>
  z.strictObject(
    // The compiler does not follow names through Object.entries; the type above says what happens here.
    Object.fromEntries(
      Object.entries(shape).map(([name, field]) => [
        name,
        z.optional(field instanceof z.ZodDefault ? field.unwrap() : field),
      ]),
    ) as Changes<S>,
  );

/** What shall be different in a configuration. */
export const configChanges = changesOf(roomConfig.shape);
export type ConfigChanges = z.output<typeof configChanges>;

/** The configuration with changes. */
export function changed(config: RoomConfig, changes: ConfigChanges): RoomConfig {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return roomConfig.parse({ ...config, ...Object.fromEntries(given) });
}

const reason = z.string().max(500).optional();

export const affiliation = z.enum(["owner", "admin", "member", "outcast", "none"]);

/** What somebody says over the API; `message` is an archive id. */
const sayings = [
  z.object({ do: z.literal("say"), body: z.string() }),
  z.object({ do: z.literal("correct"), message: z.uuid(), body: z.string() }),
  z.object({ do: z.literal("retract"), message: z.uuid() }),
  z.object({ do: z.literal("react"), message: z.uuid(), emojis: z.array(z.string()) }),
] as const;
export type Saying = z.output<(typeof sayings)[number]>;
const saying: readonly string[] = sayings.map(({ shape }) => shape.do.value);
export const isSaying = (command: RoomCommand): command is Saying => saying.includes(command.do);

/** One thing to do in a room. */
const roomCommand = z.discriminatedUnion("do", [
  /** `version`: the configuration that it must still be. */
  z.object({ do: z.literal("configure"), changes: configChanges, version: z.int() }),
  z.object({ do: z.literal("destroy"), alternate: z.string().optional(), reason }),
  z.object({
    do: z.literal("affiliate"),
    jid: z.string(),
    affiliation,
    nick: z.string().optional(),
    reason,
  }),
  z.object({ do: z.literal("subject"), text: z.string() }),
  z.object({ do: z.literal("invite"), jids: z.array(z.string()), reason }),
  z.object({ do: z.literal("uninvite"), jid: z.string() }),
  /** Undefined: none any more. */
  z.object({ do: z.literal("avatar"), picture: z.object({ type: z.string(), binval: z.string() }).optional() }),
  z.object({ do: z.literal("moderate"), message: z.uuid(), reason }),
  ...sayings,
  z.object({ do: z.literal("role"), occupantId: z.string(), role: z.enum([...insideRoles, "none"]), reason }),
]);
export type RoomCommand = z.output<typeof roomCommand>;

const actor = z.object({
  who: z.string(),
  name: z.string(),
  roles: z.array(z.string()),
  reason: z.string().optional(),
  address: z.string().optional(),
  requestId: z.string().optional(),
});

/** A command as it waits: who asks, by what he counts, for which room. */
export const sentCommand = z.object({
  room: z.string(),
  /** Bare address of who asks, where he is a person. */
  by: z.string(),
  as: z.enum(["owner", "admin"]),
  actor,
  command: roomCommand,
});
export type CommandPayload = z.output<typeof sentCommand>;

/** Who asks, as the audit log has it. */
export const askedBy = ({
  actor: { reason: why, address, requestId, ...who },
}: Pick<CommandPayload, "actor">): Actor => ({
  ...who,
  ...{ reason: why, address, requestId },
});

/** The command that an entry of the log carries out: it is done in the transaction of the commit, or the entry is not. */
export interface LoggedCommand {
  readonly id: string;
  readonly actor: Actor;
  /** What the audit log says of it, where it says something. */
  readonly change?: { readonly action: string; readonly before?: unknown; readonly after?: unknown } | undefined;
}

const problem = z.object({
  code: z.string(),
  detail: z.string(),
  extra: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** An error as the answer to a command, and back. */
export const problemOf = ({ code, message, extra }: KontorError): z.input<typeof problem> => ({
  code,
  detail: message,
  extra: { ...extra },
});
export function errorOf(stored: unknown): KontorError {
  const { code, detail, extra } = problem.parse(stored);
  const known: ErrorCode = isErrorCode(code) ? code : "internal";
  return new KontorError(known, detail, extra);
}
