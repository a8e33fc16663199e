/** XEP-0045 7.8.2, version 1.35.1: invitations that a room passes on, and what is answered to them. */
import { z } from "zod";
import { attr, childText, type Element, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";
import { NS_MUC_USER } from "./xep-0045-muc.ts";

const address = z.string().max(3_071).optional();
const letter = {
  /** To whom, on the way to the room; from whom, on the way from it. */
  to: address,
  from: address,
  reason: z.string().max(1_000).optional(),
};
const invite = z.object({
  ...letter,
  /** What was a talk of two goes on here (7.9), with its thread. */
  goesOn: z.object({ thread: z.string().max(200).optional() }).optional(),
});

/** Invitations or a decline, with the password of the room where it has one. */
export const mucInvitation = codec({
  name: "x",
  ns: NS_MUC_USER,
  schema: z.object({
    invites: z.array(invite).max(1_000),
    decline: z.object(letter).optional(),
    password: z.string().max(200).optional(),
  }),
  read: (element) => {
    const decline = element.getChild("decline");
    return defined({
      invites: element.getChildren("invite").map((each) => {
        const goesOn = each.getChild("continue");
        return defined({ ...letterOf(each), goesOn: goesOn && defined({ thread: attr(goesOn, "thread") }) });
      }),
      decline: decline && letterOf(decline),
      password: childText(element, "password"),
    });
  },
  write: ({ invites, decline, password }) =>
    x(
      "x",
      { xmlns: NS_MUC_USER },
      ...invites.map((each) => letterElement("invite", each, each.goesOn && x("continue", each.goesOn))),
      decline && letterElement("decline", decline),
      password !== undefined && x("password", {}, password),
    ),
});
export type MucInvite = z.output<typeof invite>;

const letterOf = (element: Element) =>
  defined({ to: attr(element, "to"), from: attr(element, "from"), reason: childText(element, "reason") });

const letterElement = (name: string, { to, from, reason }: MucInvite, more?: Element): Element =>
  x(name, { to, from }, reason !== undefined && x("reason", {}, reason), more);
