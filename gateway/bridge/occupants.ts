import { setFarOccupants } from "../../messaging/index.ts";
import type { Log } from "../../platform/log.ts";
import { cleanNick, linesOf, shorten } from "./core-text.ts";
import type { BridgeDeps } from "./deps.ts";
import type { FarOccupant } from "./network.ts";
import type { Link } from "./store.ts";

/** Changes within this time are told as one: a netsplit is a thousand of them. */
const TOGETHER_MS = 500;
/** They expire in Redis when nobody renews them, and Redis may have lost them. */
const RENEW_MS = 60_000;
const MAX_OCCUPANTS = 1_000;

/** Characters of what somebody says of being away. */
const MAX_AWAY = 256;

const shown = ({ id, nick, away }: FarOccupant): FarOccupant => ({
  id,
  nick: cleanNick(nick, "?"),
  away: away === null ? null : shorten(linesOf(away).join(" "), MAX_AWAY),
});

export interface Occupants {
  set(occupants: readonly FarOccupant[]): void;
  close(): Promise<void>;
}

/** Shows the people of the far side in the room. */
export function showOccupants(link: Link, deps: Pick<BridgeDeps, "redis">, log: Log): Occupants {
  const far = { tenant: link.tenant, roomId: link.roomId, link: link.id, network: link.network };
  let current: readonly FarOccupant[] = [];
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  // Also at the start: the link's last holder may have left some.
  let renew = setTimeout(() => tell(), TOGETHER_MS);

  const write = (occupants: readonly FarOccupant[]) =>
    setFarOccupants(deps.redis, far, occupants, log).catch((error: unknown) =>
      log.debug("The people of the far side could not be shown; it is tried again", { error }),
    );
  const tell = () => {
    if (closed) return;
    timer = undefined;
    clearTimeout(renew);
    renew = setTimeout(tell, RENEW_MS);
    void write(current);
  };

  return {
    set: (occupants) => {
      if (occupants.length > MAX_OCCUPANTS && current.length < MAX_OCCUPANTS) {
        log.warn("The far side has more people than are shown", { people: occupants.length, shown: MAX_OCCUPANTS });
      }
      current = occupants.slice(0, MAX_OCCUPANTS).map(shown);
      timer ??= setTimeout(tell, TOGETHER_MS);
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      clearTimeout(renew);
      await write([]);
    },
  };
}
