/** What an auditor gives to a command, and what is said of a ledger that does not verify. */

import type { LedgerVerdict } from "../domain/ledger_verification.ts";
import { UsageFault } from "../usage_fault.ts";

/** @returns the text, a replacement character if it is none. @throws UsageFault */
export function readText(path: string): string {
  return decode(readBytes(path));
}

/** @returns null if there is no such file */
export function textIn(path: string): string | null {
  try {
    return decode(Deno.readFileSync(path));
  } catch {
    return null;
  }
}

/** @throws UsageFault */
export function readBytes(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch {
    throw new UsageFault(`Cannot read ${path}: no such file, or not readable`);
  }
}

/** Where a ledger is wrong, if that can be told, and how. */
export type Bad = Pick<LedgerVerdict & { readonly ok: false }, "index" | "why">;

/** @returns one line for people */
export function badText({ index, why }: Bad): string {
  return `BAD: ${index === null ? "" : `entry ${index}: `}${why}`;
}

/**
 * Line by line: a file may be longer than any text can be, and one bad byte spoils its own line only. A
 * newline ends the last line; without it the last line may be cut, and says so itself.
 */
export function* linesOf(bytes: Uint8Array): Generator<string> {
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(0x0a, at);
    const end = newline < 0 ? bytes.length : newline;
    yield decode(bytes.subarray(at, end));
    at = end + 1;
  }
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @returns the text as it is, a mark at its beginning included; a replacement character if it is none */
function decode(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    return "\ufffd";
  }
}
