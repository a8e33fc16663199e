import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { type Cast, steps } from "../cli/tour/steps.ts";
import { openWorld, type World } from "../cli/tour/world.ts";
import { openTestDatabase, realStack } from "./support/real.ts";

/** The tour that a person runs, step by step, and once more: a second tour must hold as the first does. */
describe.each(["the tour", "the tour again"])("%s", () => {
  let world: World;
  let cast: Cast;

  beforeAll(() => {
    world = openWorld(realStack().demo);
    cast = { db: openTestDatabase("owner") };
  });
  afterAll(async () => {
    await world.close();
    await cast.db.close();
  });

  test.each(steps.map((step) => [step.title, step] as const))("%s", (_title, step) => step.run(world, cast), 60_000);
});
