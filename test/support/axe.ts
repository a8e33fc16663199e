/** axe in a page: put there once for each document, since parsing it takes longer than most of its runs. */
import { expect } from "@jest/globals";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { z } from "zod";

const violationsSchema = z.array(
  z.object({ id: z.string(), help: z.string(), nodes: z.array(z.object({ html: z.string() })) }),
);

/** Of the elements of what held and what did not apply nothing is told, so that it need not be gathered. */
const RUN = 'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)';

/** Axe knows no fault of the page as it stands. A failure shows the rule, what it asks for and the HTML of each place. */
export async function axeFindsNothing(page: Page): Promise<void> {
  // It looks into a frame only where it was put into that one, too.
  expect(page.frames()).toHaveLength(1);
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(axe.source);
  const violations = violationsSchema.parse(await page.evaluate(RUN));
  expect(violations.map(({ id, help, nodes }) => [id, help, ...nodes.map(({ html }) => html)])).toEqual([]);
}
