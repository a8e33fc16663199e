import { archive } from "./archive.ts";
import type { Benchmark } from "./benchmark.ts";
import { bigroom } from "./bigroom.ts";
import { groups } from "./groups.ts";
import { presence } from "./presence.ts";
import { rest } from "./rest.ts";
import { rooms } from "./rooms.ts";

/** Every benchmark, in the order in which they are listed. */
export const benchmarks: readonly Benchmark[] = [rooms, archive, bigroom, rest, presence, groups];
