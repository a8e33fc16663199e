import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { KontorError } from "../../platform/errors.ts";
import { seal, unseal } from "../../platform/seal.ts";
import type { Network } from "./network.ts";

/** What a sealed secret is bound to: the link by what makes it unique. */
interface LinkPlace {
  readonly tenant: string;
  readonly roomId: string;
  readonly network: string;
  readonly place: string;
}

/** Keeps the secret options of links' configurations sealed in the database. */
export interface LinkSecrets {
  /** The configuration as it is stored; `stored` again where that says the same, so that nothing seems changed. */
  seal(at: LinkPlace, config: unknown, stored?: unknown): unknown;
  /** The configuration as the network reads it. Throws `policy-violation` when its secrets cannot be opened. */
  open(at: LinkPlace, stored: unknown): unknown;
  /** Whether a secret still stands there in clear, as links of before were stored. */
  inClear(at: LinkPlace, stored: unknown): boolean;
}

const options = z.record(z.string(), z.unknown());
/** No network has an option that is an object of this form: its secrets are texts. */
const sealedForm = z.strictObject({ sealed: z.string() });

/** The secrets of links under a key derived from `master`. */
export function linkSecrets(master: string, networks: readonly Network[]): LinkSecrets {
  const key = { master, purpose: "bridge-link" } as const;
  const bound = ({ tenant, roomId, network, place }: LinkPlace, option: string) =>
    `${tenant}/${JSON.stringify([roomId, network, place, option])}`;
  /** The configuration with `change` done to each secret option that has a value. */
  const each = (at: LinkPlace, config: unknown, change: (value: unknown, place: string) => unknown): unknown => {
    const names = networks.find(({ name }) => name === at.network)?.secrets ?? [];
    const given = options.safeParse(config);
    if (!given.success) return config;
    const entries = Object.entries(given.data);
    return Object.fromEntries(
      entries.map(([name, value]) => [name, names.includes(name) ? change(value, bound(at, name)) : value]),
    );
  };
  const inClear: LinkSecrets["inClear"] = (at, stored) => {
    let found = false;
    each(at, stored, (value) => {
      found ||= typeof value === "string";
    });
    return found;
  };
  const open: LinkSecrets["open"] = (at, stored) =>
    each(at, stored, (value, place) => {
      const { data } = sealedForm.safeParse(value);
      if (!data) return value;
      try {
        return unseal(key, place, data.sealed);
      } catch (error) {
        throw new KontorError("policy-violation", "Secrets were sealed under another secret: set them anew", {}, error);
      }
    });
  const says = (at: LinkPlace, stored: unknown, config: unknown): boolean => {
    try {
      return !inClear(at, stored) && isDeepStrictEqual(open(at, stored), config);
    } catch {
      return false;
    }
  };
  return {
    seal: (at, config, stored) =>
      stored !== undefined && says(at, stored, config)
        ? stored
        : each(at, config, (value, place) => (typeof value === "string" ? { sealed: seal(key, place, value) } : value)),
    open,
    inClear,
  };
}
