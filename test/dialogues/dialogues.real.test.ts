import { describe, expect, test } from "@jest/globals";
import { realStack } from "../support/real.ts";
import { play, readScript, scripts } from "./player.ts";

describe.each(scripts)("%s", (file) => {
  const script = readScript(file);
  test(script.title, async () => {
    await play(script, file, { demo: realStack().demo });
    expect(script.steps.length).toBeGreaterThan(1);
  }, 60_000);
});
