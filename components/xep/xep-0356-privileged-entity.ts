/** XEP-0356: Privileged Entity, version 0.4.1: what a server lets a component do; and version 0.2.1 (`:1`), as ejabberd has it. */
import { z } from "zod";
import { attr, childElements, type Element, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";

const NS_PRIVILEGE = "urn:xmpp:privilege:2";
const NS_FORWARD = "urn:xmpp:forward:0";
const NS_PRIVILEGE_1 = "urn:xmpp:privilege:1";

const perm = z.object({
  /** `roster`, `message`, `presence`, `iq`; what comes later is kept as it is. */
  access: z.string(),
  /** Absent for `iq`, whose types stand with its namespaces. */
  type: z.string().optional(),
  push: z.boolean().optional(),
  namespaces: z.array(z.object({ ns: z.string(), type: z.string() })).optional(),
});

const privilegeOf = (xmlns: string) =>
  codec({
    name: "privilege",
    ns: xmlns,
    schema: z.object({ perms: z.array(perm) }),
    read: (element) => ({
      perms: element.getChildren("perm").map((each) => {
        const namespaces = namespacesIn(each);
        return defined({
          access: attr(each, "access"),
          type: attr(each, "type"),
          push: readBoolean(attr(each, "push")),
          namespaces: namespaces.length > 0 ? namespaces : undefined,
        });
      }),
    }),
    write: ({ perms }) =>
      x(
        "privilege",
        { xmlns },
        ...perms.map(({ access, type, push, namespaces = [] }) =>
          x(
            "perm",
            { access, type, push: push === undefined ? undefined : String(push) },
            ...namespaces.map((each) => x("namespace", each)),
          ),
        ),
      ),
  });

/** The advertisement of privileges (4.2, 5.2, 6.2, 7.2). */
export const privilege = privilegeOf(NS_PRIVILEGE);
export const privilege1 = privilegeOf(NS_PRIVILEGE_1);

/**
 * Whether a message advertises that its receiver gets the presence of the sender's people (7.2): true or false as it
 * says, undefined when it advertises nothing. Throws `bad-request` for a malformed advertisement.
 */
export function grantsPresence(message: Element): boolean | undefined {
  const found = permsOf(message);
  if (found.length === 0) return undefined;
  return found.some((each) => each.access === "presence" && ["managed_entity", "roster"].includes(each.type ?? ""));
}

/** Whether a message advertises that requests of this namespace may be sent in the name of people (5.2), to read and to write. */
export function grantsRequests(message: Element, ns: string): boolean {
  const namespaces = permsOf(message).flatMap((each) => (each.access === "iq" ? (each.namespaces ?? []) : []));
  return namespaces.some((each) => each.ns === ns && each.type === "both");
}

function permsOf(message: Element) {
  return [privilege, privilege1].flatMap((each) => {
    const child = message.getChild(each.name, each.ns);
    return child ? each.read(child).perms : [];
  });
}

/**
 * A request in the name of a person to the person's own account (6.3); `id` is its own among those that have no answer
 * yet.
 */
export function inNameOf(
  person: string,
  request: { readonly from: string; readonly type: "get" | "set"; readonly id: string },
  payload: Element,
): Element {
  const { from, type, id } = request;
  const inner = x("iq", { xmlns: "jabber:client", type, id }, payload);
  return x("iq", { type, from, to: person }, x("privileged_iq", { xmlns: NS_PRIVILEGE }, inner));
}

/** The answer that the person's account gave, which may be an error; undefined: there is none in it. */
export function answerInName(answer: Element): Element | undefined {
  const forwarded = answer.getChild("privilege", NS_PRIVILEGE)?.getChild("forwarded", NS_FORWARD);
  return forwarded?.getChild("iq", "jabber:client");
}

/** Prosody's module (2023) nests the second namespace into the first, the third into the second: all are taken. */
function namespacesIn(element: Element): { ns: string | undefined; type: string | undefined }[] {
  return childElements(element)
    .filter((child) => child.name === "namespace")
    .flatMap((child) => [{ ns: attr(child, "ns"), type: attr(child, "type") }, ...namespacesIn(child)]);
}

function readBoolean(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === "true" || text === "1";
}
