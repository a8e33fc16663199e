/** A value that can be written into a Lua configuration file. Objects become tables, undefined members are left out. */
export type LuaValue =
  | string
  | number
  | boolean
  | readonly LuaValue[]
  | { readonly [key: string]: LuaValue | undefined };

/** A Lua string literal; every byte that could end it or start an escape is written as a decimal escape. */
export function luaString(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  let out = "";
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    out += plain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`;
  }
  return `"${out}"`;
}

/** A value as a Lua expression. Numbers must be finite. */
export function lua(value: LuaValue): string {
  if (typeof value === "string") return luaString(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new RangeError(`no Lua number: ${value}`);
    return String(value);
  }
  if (isList(value)) return `{ ${value.map(lua).join(", ")} }`;
  const members = Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : [`[${luaString(key)}] = ${lua(member)}`],
  );
  return `{ ${members.join("; ")} }`;
}

function isList(value: LuaValue): value is readonly LuaValue[] {
  return Array.isArray(value);
}

/** Lines `name = value` of a configuration section, indented; undefined values are left out. */
export function luaOptions(options: Readonly<Record<string, LuaValue | undefined>>, indent = ""): string {
  return Object.entries(options)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${indent}${name} = ${lua(value)}`]))
    .join("\n");
}
