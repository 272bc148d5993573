/**
 * Checks of a whole installation, side by side. Each has its own deadline: one that hangs, or breaks in a
 * way nobody foresaw, is a finding of its own and keeps no other from being made.
 */

import { PartFault } from "../domain/part_fault.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import type { Clock } from "./ports.ts";

export type FindingLevel = "ok" | "warning" | "problem";

/** What a check came to. */
export interface Finding {
  readonly level: FindingLevel;
  /** One sentence without its full stop. Holds no secret. */
  readonly text: string;
  /** What to do about it; null where there is nothing to be done. */
  readonly remedy: string | null;
}

export interface Check {
  /** Letters and underscores. */
  readonly name: string;
  readonly deadlineMs: number;
  /** Changes nothing that anybody would miss. What it throws is a problem, too. */
  run(signal: AbortSignal): Promise<Finding>;
}

/** What an error says of itself that may be repeated. */
export type Said = Pick<Finding, "text" | "remedy">;

export interface CheckedFinding extends Finding {
  readonly check: string;
  readonly ms: number;
}

/**
 * Makes every check.
 *
 * @param sayable what an error says that may be repeated; null where nothing of it may
 * @returns what each came to, in their order
 */
export async function runChecks(
  checks: readonly Check[],
  clock: Clock,
  sayable: (error: unknown) => Said | null = () => null,
): Promise<readonly CheckedFinding[]> {
  return await Promise.all(checks.map(async (check) => {
    const begun = clock.now();
    const finding = await runCheck(check, clock, sayable);
    return { check: check.name, ...finding, ms: clock.now() - begun };
  }));
}

async function runCheck(
  { run, deadlineMs }: Check,
  clock: Clock,
  sayable: (error: unknown) => Said | null,
): Promise<Finding> {
  const controller = new AbortController();
  const waiting = new AbortController();
  const late = clock.sleep(deadlineMs, waiting.signal).then(() => {
    if (waiting.signal.aborted) return null;
    controller.abort();
    return problem(
      `no answer within ${deadlineMs} ms`,
      "Look at what it asks, and at the way there",
    );
  });
  // Begun in a later turn, so that what it throws at once is caught as well.
  const found = Promise.resolve().then(() => run(controller.signal))
    .catch((error: unknown) => faultFinding(error, sayable(error)));
  try {
    return await Promise.race([found, late]) ?? await found;
  } finally {
    waiting.abort();
  }
}

/** What a fault says of itself; of any other error nothing, for it may repeat a value. */
function faultFinding(error: unknown, said: Said | null): Finding {
  if (said !== null) return problem(said.text, said.remedy);
  if (error instanceof PartFault) return problem(error.message, REMEDIES[error.reason] ?? null);
  if (error instanceof SignerFault) return problem(error.message, null);
  return problem("the check itself failed", "Look at the configuration that it is about");
}

const REMEDIES: Readonly<Partial<Record<PartFault["reason"], string>>> = {
  timeout: "Look at the way there: name resolution, proxy, firewall",
  network: "Look at the way there: address, name resolution, proxy, firewall, certificate",
  auth: "Look at the credential: it is unknown, or may not do this",
  busy: "Another process holds the file: look for one that hangs",
  full: "Make room on the disk",
};

export function ok(text: string): Finding {
  return { level: "ok", text, remedy: null };
}

export function warning(text: string, remedy: string | null): Finding {
  return { level: "warning", text, remedy };
}

export function problem(text: string, remedy: string | null): Finding {
  return { level: "problem", text, remedy };
}
