/** XEP-0030, XEP-0128: what the rooms of a tenant are, and what each of them is. */
import type { DoorContext } from "../components/door.ts";
import { bareOf } from "../components/jid.ts";
import type { IqRoute } from "../components/router.ts";
import { attr } from "../components/stanza.ts";
import { NS_DATA_FORMS } from "../components/xep/xep-0004-data-forms.ts";
import { discoInfo, discoItems, NS_DISCO_INFO, NS_DISCO_ITEMS } from "../components/xep/xep-0030-service-discovery.ts";
import { NS_MUC, NS_SELF_PING, NS_STABLE_ID } from "../components/xep/xep-0045-muc.ts";
import { NS_COMMANDS } from "../components/xep/xep-0050-commands.ts";
import { NS_VCARD } from "../components/xep/xep-0054-vcard.ts";
import { NS_RSM, rsmRequest } from "../components/xep/xep-0059-result-set.ts";
import { NS_REGISTER } from "../components/xep/xep-0077-registration.ts";
import { NS_FULL_TEXT, NS_MAM, NS_MAM_EXTENDED } from "../components/xep/xep-0313-archive.ts";
import { NS_HATS } from "../components/xep/xep-0317-hats.ts";
import { NS_STANZA_ID } from "../components/xep/xep-0359-stanza-ids.ts";
import { NS_OCCUPANT_ID } from "../components/xep/xep-0421-occupant-id.ts";
import { NS_RETRACT, NS_TOMBSTONE } from "../components/xep/xep-0424-retraction.ts";
import { NS_MODERATE } from "../components/xep/xep-0425-moderation.ts";
import { KontorError } from "../platform/errors.ts";
import type { AdHoc } from "./adhoc.ts";
import { roomInfo } from "./configure.ts";
import { isAnnounced } from "./core-announce.ts";
import { roomFeatures } from "./core-config.ts";
import { reservedNick } from "./core-register.ts";
import { occupantJid, type RoomState } from "./core-state.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { listRooms } from "./store.ts";

const NODE_OWN_NICK = "x-roomuser-item";
const DIRECTORY_PAGE = 100;
const MAX_LISTED_OCCUPANTS = 200;

/** What every room can; those of `roomFeatures` tell what kind of room it is. */
const FEATURES = [
  NS_MUC,
  NS_MAM,
  NS_MAM_EXTENDED,
  NS_FULL_TEXT,
  NS_STANZA_ID,
  NS_STABLE_ID,
  NS_OCCUPANT_ID,
  NS_SELF_PING,
  NS_HATS,
  NS_VCARD,
  NS_RETRACT,
  NS_TOMBSTONE,
  NS_MODERATE,
  NS_DATA_FORMS,
  NS_COMMANDS,
];

/** The routes of discovery at the domain and at each room's bare address. */
export function discoveryRoutes(context: DoorContext, rooms: Rooms, deps: RoomsDeps, commands: AdHoc): IqRoute[] {
  const tenant = context.tenant.id;
  return [
    {
      to: "domain",
      type: "get",
      ns: NS_DISCO_ITEMS,
      handle: async (incoming, query) => {
        const { from } = incoming;
        const node = attr(query, "node");
        if (node) return (await commands.items(incoming, node)) ?? noNode();
        const set = query.getChild("set", NS_RSM);
        const after = set ? rsmRequest.read(set).after : undefined;
        const listed = await listRooms(deps.db, tenant, bareOf(from), after ?? "", DIRECTORY_PAGE);
        return discoItems.write({
          items: listed.map(({ name, title }) => ({ jid: `${name}@${context.domain}`, name: title })),
        });
      },
    },
    {
      to: "bare",
      type: "get",
      ns: NS_DISCO_INFO,
      handle: (incoming, query) =>
        rooms.inRoom(incoming.to.local, (room) => {
          const node = attr(query, "node");
          if (node === NODE_OWN_NICK) return ownNick(room, bareOf(incoming.from));
          if (node) return commands.info(incoming, node) ?? noNode();
          const registers = room.config.registration ? [NS_REGISTER] : [];
          return discoInfo.write({
            identities: [{ category: "conference", type: "text", name: room.config.title }],
            features: [...FEATURES, ...registers, ...roomFeatures(room.config)],
            forms: [roomInfo(room)],
          });
        }),
    },
    {
      to: "bare",
      type: "get",
      ns: NS_DISCO_ITEMS,
      handle: (incoming, query) =>
        rooms.inRoom(incoming.to.local, (room) => {
          const node = attr(query, "node");
          if (node) return commands.items(incoming, node) ?? noNode();
          return discoItems.write({ items: occupantItems(room) });
        }),
    },
  ];
}

function noNode(): never {
  throw new KontorError("not-found", "There is no such node");
}

/** The nick that is reserved for who asks; empty without one (7.12). */
function ownNick(room: RoomState, bare: string) {
  const nick = reservedNick(room, bare);
  const identities = nick === undefined ? [] : [{ category: "conference", type: "text", name: nick }];
  return discoInfo.write({ node: NODE_OWN_NICK, identities, features: [], forms: [] });
}

/**
 * Who is in a room (6.5): told to people outside only where nobody in it counts on being unseen, that is where anyone
 * may enter, everybody's address is shown, and the directory lists the room. Elsewhere one has to enter, and be seen.
 */
function occupantItems(room: RoomState): { jid: string }[] {
  const { whois, listed, membersOnly, password } = room.config;
  if (whois !== "anyone" || !listed || membersOnly || password !== "" || room.locked) return [];
  return [...room.occupants.values()]
    .filter((occupant) => isAnnounced(room, occupant))
    .slice(0, MAX_LISTED_OCCUPANTS)
    .map(({ nick }) => ({ jid: occupantJid(room, nick) }));
}
