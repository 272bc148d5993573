/**
 * Lines for people at a terminal: results on stdout, messages on stderr. Not a log. Whoever's text is in
 * them, none of it steers the terminal.
 */

import { harmless } from "./domain/shown_text.ts";

const encoder = new TextEncoder();

function writeAll(file: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let rest = encoder.encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    // Whoever read has read enough, as `head` does.
    Deno.exit(0);
  }
}

export const print = {
  /** One line on stdout. */
  line(text: string): void {
    writeAll(Deno.stdout, `${harmless(text)}\n`);
  },
  /** One line on stderr. */
  error(text: string): void {
    writeAll(Deno.stderr, `${harmless(text)}\n`);
  },
};
