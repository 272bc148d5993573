/**
 * axe-core in a page of a real browser: every rule that it has, of WCAG 2.0 to 2.2 at A, AA and AAA, the
 * best practices and the experimental ones. It is put in from outside, past the page's own policy, and
 * changes nothing there.
 */

import axe from "axe-core/axe.min.js";
import type { Page } from "playwright-core";

/** What axe-core answers, as far as it matters here. */
interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly any: readonly Check[] }[];
}

interface Check {
  readonly message: string;
}

interface Results {
  readonly passes: number;
  readonly violations: readonly Finding[];
  readonly incomplete: readonly Finding[];
}

/** Fewer than any of our pages passes: below, axe-core has not looked. */
const FEWEST_PASSES = 25;

const RUN = `axe.run(document, {
  // Paths to elements take longer than all rules together; each finding is shown by its HTML.
  selectors: false,
  resultTypes: ["violations", "incomplete"],
  rules: Object.fromEntries(axe.getRules().map(({ ruleId }) => [ruleId, { enabled: true }])),
}).then(({ passes, violations, incomplete }) =>
  ({ passes: passes.length, violations, incomplete }))`;

/** Rules about the contrast of texts. */
export const CONTRAST = ["color-contrast", "color-contrast-enhanced"];

/**
 * Looks at a page as it is now.
 *
 * @param judgedElsewhere rules that something else looks at where axe-core is not sure
 * @returns one line for each element that breaks a rule, or that axe-core cannot judge
 * @throws Error if it hardly looked at anything
 */
export async function axeFindings(
  page: Page,
  judgedElsewhere: readonly string[] = [],
): Promise<string[]> {
  // A script of the page would be kept out by its policy; this one is the test's own.
  if (await page.evaluate("typeof axe") === "undefined") await page.evaluate(axe.source);
  const { passes, violations, incomplete } = await page.evaluate<Results>(RUN);
  if (passes < FEWEST_PASSES) throw new Error(`Cannot trust axe-core: only ${passes} rules passed`);
  const unsure = incomplete.filter(({ id }) => !judgedElsewhere.includes(id));
  return [...linesOf("violates", violations), ...linesOf("is not judged by", unsure)];
}

function linesOf(verb: string, findings: readonly Finding[]): string[] {
  return findings.flatMap(({ id, nodes }) =>
    nodes.map(({ html, any }) =>
      `${html.slice(0, 120)} ${verb} ${id}: ${any.map(({ message }) => message).join("; ")}`
    )
  );
}
