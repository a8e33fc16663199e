/**
 * XEP-0115 (version 1.6.0): what a client answered about its software, checked against what its presence promised, and the
 * kind of device that it says it is. Pure. No library of the registry does the check (5.4) by itself.
 */
import { createHash } from "node:crypto";
import { attr, childText, type Element } from "../components/stanza.ts";
import { type DeviceCaps, type DeviceKind, deviceKinds } from "./core.ts";

/** By the names of IANA's registry, as the XEP has it; others are not in use. */
const HASHES: Readonly<Record<string, string>> = { "sha-1": "sha1", "sha-256": "sha256", "sha-512": "sha512" };

/** Clients have some dozens of features; more than this is no description of software. */
const MAX_CHILDREN = 500;
const MAX_CHARACTERS = 32_768;

export const capsKey = ({ hash, ver }: DeviceCaps): string => `${hash} ${ver}`;

export const canVerify = ({ hash }: DeviceCaps): boolean => Object.hasOwn(HASHES, hash);

/**
 * The kind of device that a disco#info answer names, null where it names none; undefined when the answer is not the one
 * that the hash was made of, is ill-formed (5.4, 3.3 to 3.6) or beyond all measure.
 */
export function verifiedKind(query: Element, caps: DeviceCaps): DeviceKind | null | undefined {
  const algorithm = HASHES[caps.hash];
  if (algorithm === undefined) return undefined;
  const text = verificationString(query);
  if (text === undefined || createHash(algorithm).update(text).digest("base64") !== caps.ver) return undefined;
  const types = query
    .getChildren("identity")
    .flatMap((each) => (attr(each, "category") === "client" ? [attr(each, "type")] : []));
  return deviceKinds.find((kind) => types.includes(kind)) ?? null;
}

/** 5.1; undefined for what is ill-formed. */
function verificationString(query: Element): string | undefined {
  if (query.children.length > MAX_CHILDREN) return undefined;
  const identities = query
    .getChildren("identity")
    .map((each) => ["category", "type", "xml:lang", "name"].map((name) => attr(each, name) ?? "").join("/"));
  const features = query.getChildren("feature").map((each) => attr(each, "var") ?? "");
  const forms = query.getChildren("x", "jabber:x:data").flatMap(formText);
  if (forms.includes(ILL_FORMED) || [identities, features, forms.map(firstPart)].some(hasDoubles)) return undefined;
  const text = [...inOrder(identities), ...inOrder(features), ...inOrder(forms)].map((each) => `${each}<`).join("");
  return text.length > MAX_CHARACTERS ? undefined : text;
}

const ILL_FORMED = "\u0000";
const firstPart = (text: string): string => text.split("<", 1)[0] ?? "";
const hasDoubles = (texts: readonly string[]): boolean => new Set(texts).size < texts.length;

/** "i;octet" of RFC 4790, which is not the order of UTF-16. */
const inOrder = (texts: readonly string[]): string[] =>
  [...texts].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));

/** Of a form without a hidden FORM_TYPE nothing counts (3.6). */
function formText(form: Element): string[] {
  const fields = form.getChildren("field");
  if (fields.length > MAX_CHILDREN) return [ILL_FORMED];
  const types = fields.filter((each) => attr(each, "var") === "FORM_TYPE");
  const [type] = types;
  if (!type || attr(type, "type") !== "hidden") return [];
  const values = type.getChildren("value").map((each) => each.getText());
  if (types.length > 1 || new Set(values).size > 1) return [ILL_FORMED];
  const others = fields.filter((each) => each !== type);
  const texts = others.map((each) => {
    const said = each.getChildren("value").map((value) => value.getText());
    return [attr(each, "var") ?? "", ...inOrder(said)].join("<");
  });
  return [[childText(type, "value") ?? "", ...inOrder(texts)].join("<")];
}
