/**
 * Figures as text: the median and the range of what was measured, and ratios of what was measured side
 * by side. A ratio is taken pair by pair, so that a machine that is slow for a while is slow for both.
 */

/** The middle one. @throws if there is none */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which that part (0 to 1) of the values lies. @throws if there is none */
export function percentile(values: readonly number[], part: number): number {
  const at = Math.min(values.length - 1, Math.floor(values.length * part));
  const found = values.toSorted((a, b) => a - b)[at];
  if (found === undefined) throw new Error("Cannot report: nothing was measured");
  return found;
}

/** Largest value; unlike `Math.max(...)` it takes any number of them. */
export function largest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}

/** `median (least to most)`, with a unit. */
export function spread(values: readonly number[], digits: number, unit = ""): string {
  const text = (value: number) => value.toFixed(digits);
  const range = `${text(Math.min(...values))} to ${text(Math.max(...values))}`;
  return `${text(median(values))}${unit === "" ? "" : ` ${unit}`} (${range})`;
}

/** Ratios of two series, pair by pair. @throws if one is longer */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  if (ours.length !== theirs.length) throw new Error("Cannot compare: the pairs are not complete");
  return ours.map((value, pair) => value / theirs[pair]!);
}

/** A headline. */
export function title(text: string): void {
  console.log(`\n${text}`);
}

/** One figure below it. */
export function figure(name: string, text: string): void {
  console.log(`  ${name.padEnd(54)} ${text}`);
}
