/** Reads what the store remembers of the last reconciliation. Whoever may write the store wrote it. */

import { parseInstant } from "./instant.ts";
import type { ReconciliationSummary } from "./reconciliation.ts";

/** @returns null for a text that is no summary */
export function readReconciliationNote(text: string): ReconciliationSummary | null {
  const value = parse(text);
  if (typeof value !== "object" || value === null) return null;
  const found = value as Readonly<Record<string, unknown>>;
  const isWhole = isInstant(found.at) && INSTANTS.every((name) => isInstantOrNull(found[name])) &&
    COUNTS.every((name) => Number.isSafeInteger(found[name]) && Number(found[name]) >= 0);
  return isWhole ? value as ReconciliationSummary : null;
}

const INSTANTS = ["from", "to", "confirmed_until"] as const;
const COUNTS = ["matched", "unwitnessed", "unexplained", "indeterminate"] as const;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The one spelling of `Instant`, with a shorter fraction or none. */
function isInstant(value: unknown): boolean {
  return typeof value === "string" && /T.*Z$/.test(value) && parseInstant(value) !== null;
}

function isInstantOrNull(value: unknown): boolean {
  return value === null || isInstant(value);
}
