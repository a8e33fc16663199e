/** XEP-0050: commands at the domain of the rooms and at each room, and their discovery. */
import type { DoorContext } from "../components/door.ts";
import { bareOf, jidText } from "../components/jid.ts";
import type { Incoming, IqRoute } from "../components/router.ts";
import { attr, type Element } from "../components/stanza.ts";
import { type DataForm, dataForm, NS_DATA_FORMS } from "../components/xep/xep-0004-data-forms.ts";
import { discoInfo, discoItems } from "../components/xep/xep-0030-service-discovery.ts";
import { actionOf, adHocCommand, NS_COMMANDS } from "../components/xep/xep-0050-commands.ts";
import { rolesOfPerson } from "../identity/index.ts";
import { type Action, permissions, type Role } from "../identity/permissions.ts";
import { KontorError } from "../platform/errors.ts";
import { domainCommands } from "./adhoc-domain.ts";
import { roomCommands } from "./adhoc-room.ts";
import { languageOf } from "./configure.ts";
import { type Command, commandSessions, type Outcome, type Step } from "./core-adhoc.ts";
import type { PersonLimit } from "./person-limit.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";

export interface AdHoc {
  readonly routes: IqRoute[];
  /** The answer to disco#items of the node of all commands; undefined for another node. */
  items(incoming: Incoming, node: string): Promise<Element> | undefined;
  /** The answer to disco#info of that node and of each command; undefined for a node that is none. */
  info(incoming: Incoming, node: string): Promise<Element> | undefined;
}

/** Commands of one tenant's rooms. `limit`: how often one person begins one. */
export function adHoc(context: DoorContext, rooms: Rooms, deps: RoomsDeps, limit: PersonLimit): AdHoc {
  const sessions = commandSessions(deps.newId);

  /** The roles in the tenant by which somebody may do this. */
  const rolesFor = async (incoming: Incoming): Promise<(action: Action) => string[]> => {
    const { from } = incoming;
    const ours = from.domain === context.tenant.domain;
    const held = ours ? await rolesOfPerson(deps.db, context.tenant.id, from.local, new Date(deps.clock())) : [];
    return (action) => permissions[action].filter((role: Role) => held.includes(role));
  };

  const commandsAt = async (incoming: Incoming): Promise<Command[]> => {
    const by = await rolesFor(incoming);
    const language = languageOf(incoming);
    const bare = bareOf(incoming.from);
    const all = by("rooms:change");
    if (incoming.to.local === "") return domainCommands(context, rooms, deps, { bare, roles: all }, language);
    const some = by("rooms:moderate");
    return rooms.inRoom(incoming.to.local, (room) => {
      const occupant = room.bySession.get(jidText(incoming.from));
      // What the room itself lets him do goes before what he may by a role in the tenant.
      const own = room.memberships.get(bare)?.affiliation;
      const as = own === "owner" || all.length > 0 ? "owner" : some.length > 0 ? "admin" : undefined;
      const roles = own === as || as === undefined ? undefined : all.length > 0 ? all : some;
      return roomCommands(rooms, room, { bare, occupant, as, roles }, language, deps.clock);
    });
  };

  const execute = async (incoming: Incoming, payload: Element): Promise<Element> => {
    const node = attr(payload, "node") ?? "";
    const action = actionOf(payload);
    const sessionId = attr(payload, "sessionid");
    const command = (await commandsAt(incoming)).find((each) => each.node === node);
    if (!command) throw new KontorError("not-found", "There is no such command");
    if (!command.allowed) throw new KontorError("forbidden", "This command is not for you");
    if (sessionId === undefined) limit.count(bareOf(incoming.from), 1);
    const sent = payload.getChild("x", NS_DATA_FORMS);
    const request = {
      from: jidText(incoming.from),
      to: jidText(incoming.to),
      ...{ action, sessionId, form: sent && dataForm.read(sent) },
    };
    const step = sessions.step(command, request, deps.clock());
    return answered(command, step, await outcomeOf(command, step));
  };

  const isHere = ({ to }: Incoming, node: string) => node === NS_COMMANDS && to.resource === "";
  const itemsOf = async (incoming: Incoming): Promise<Element> => {
    const jid = jidText(incoming.to);
    const mine = (await commandsAt(incoming)).filter(({ allowed }) => allowed);
    return discoItems.write({ node: NS_COMMANDS, items: mine.map(({ node, name }) => ({ jid, node, name })) });
  };
  const infoOf = async (incoming: Incoming, node: string): Promise<Element> => {
    const about = (type: string, name: string, features: string[]) =>
      discoInfo.write({ node, identities: [{ category: "automation", type, name }], features, forms: [] });
    if (node === NS_COMMANDS) return about("command-list", languageOf(incoming) === "de" ? "Befehle" : "Commands", []);
    const command = (await commandsAt(incoming)).find((each) => each.node === node);
    if (!command) throw new KontorError("not-found", "There is no such node");
    if (!command.allowed) throw new KontorError("forbidden", "This command is not for you");
    return about("command-node", command.name, [NS_COMMANDS, NS_DATA_FORMS]);
  };

  return {
    routes: (["domain", "bare"] as const).map((to) => ({ to, type: "set", ns: NS_COMMANDS, handle: execute })),
    items: (incoming, node) => (isHere(incoming, node) ? itemsOf(incoming) : undefined),
    info: infoOf,
  };
}

async function outcomeOf(command: Command, step: Step): Promise<Outcome | undefined> {
  if (step.do !== "run") return undefined;
  try {
    return await command.run(step.given);
  } catch (error) {
    step.failed();
    throw error;
  }
}

function answered({ node, name }: Command, step: Step, outcome: Outcome | undefined): Element {
  const { sessionId } = step;
  if (step.do === "ask") {
    const form: DataForm = { type: "form", title: name, fields: [...step.fields] };
    return adHocCommand.write({ node, sessionId, status: "executing", actions: step.actions, form, notes: [] });
  }
  const notes = outcome?.note === undefined ? [] : [{ type: "info" as const, text: outcome.note }];
  const status = step.do === "cancel" ? "canceled" : "completed";
  return adHocCommand.write({ node, sessionId, status, ...(outcome?.form && { form: outcome.form }), notes });
}
