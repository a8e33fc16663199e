/** XEP-0433: people find the rooms of the tenant that the directory shows them. */
import type { DoorContext } from "../components/door.ts";
import { bareOf } from "../components/jid.ts";
import type { IqRoute } from "../components/router.ts";
import {
  ANONYMITY_NONE,
  type Channel,
  channelResult,
  channelSearch,
  NS_CHANNEL_SEARCH,
  searchesTooOften,
} from "../components/xep/xep-0433-channel-search.ts";
import { languageOf } from "./configure.ts";
import { pageOfFound, readSearch, searchForm } from "./core-search.ts";
import { countSessions } from "./live.ts";
import { personLimit } from "./person-limit.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { type FoundRoom, searchRooms } from "./store-search.ts";

const SEARCHES_PER_MINUTE = 60;

/** The route at the domain. */
export function searchRoute(context: DoorContext, rooms: Rooms, deps: RoomsDeps): IqRoute {
  const tenant = context.tenant.id;
  const limit = personLimit(SEARCHES_PER_MINUTE, deps.clock);

  /** Who is in a room is in memory, or for one that nobody has used here yet in Redis. */
  const withUsers = async (found: readonly FoundRoom[]): Promise<(FoundRoom & { readonly users: number })[]> => {
    const inside = new Map(rooms.loaded().map((room) => [room.id, room.occupants.size]));
    const asked = found.filter(({ id }) => !inside.has(id)).map(({ id }) => id);
    const counts = await countSessions(deps.redis, tenant, asked);
    for (const [at, id] of asked.entries()) inside.set(id, counts[at] ?? 0);
    return found.map((room) => ({ ...room, users: inside.get(room.id) ?? 0 }));
  };

  return {
    to: "domain",
    type: "get",
    ns: NS_CHANNEL_SEARCH,
    name: "search",
    handle: async (incoming, element) => {
      const { form, page = {} } = channelSearch.read(element);
      if (!form) return channelSearch.write({ form: searchForm(languageOf(incoming)) });
      const search = readSearch(form);
      try {
        limit.count(bareOf(incoming.from), 1);
      } catch {
        throw searchesTooOften(60);
      }
      const found = search.none ? [] : await searchRooms(deps.db, tenant, bareOf(incoming.from), search);
      const counted = (await withUsers(found)).filter(({ users }) => users >= search.minUsers);
      // By address they come; the sort is stable.
      if (search.order === "users") counted.sort((a, b) => b.users - a.users);
      const { items, set } = pageOfFound(counted, page);
      return channelResult.write({ channels: items.map((room) => channelOf(room, context.domain)), page: set });
    },
  };
}

const channelOf = ({ name, config, locked, users }: FoundRoom & { users: number }, domain: string): Channel => ({
  address: `${name}@${domain}`,
  name: config.title,
  description: config.description,
  language: config.language,
  users,
  service: "xep-0045",
  open: !config.membersOnly && config.password === "" && !locked,
  anonymity: config.whois === "anyone" ? ANONYMITY_NONE : "muc_semianonymous",
});
