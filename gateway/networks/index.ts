/**
 * Other messengers, one folder each. A new one exports a `Network` (gateway/bridge/network.ts) and is named here; the
 * bridge engine does the rest: order, retries, rates, the id map, who is there.
 */
import type { Network } from "../bridge/network.ts";
import { irc } from "./irc/index.ts";

export const networks: readonly Network[] = [irc];
