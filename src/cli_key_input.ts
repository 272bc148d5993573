/**
 * A private key from standard input or a file, into one buffer that can be overwritten: not through
 * streams or texts, which leave copies. What is typed or pasted at a terminal is not shown there.
 */

import { print } from "./print.ts";
import { UsageFault } from "./usage_fault.ts";

/** @param path null for standard input @returns to be wiped by who asked for it @throws UsageFault */
export function readKeyOctets(path: string | null): Uint8Array<ArrayBuffer> {
  if (path === null) return Deno.stdin.isTerminal() ? readTerminal() : readAll(Deno.stdin, STDIN);
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true });
  } catch {
    throw new UsageFault("Cannot read the file of --file: no such file, or not readable");
  }
  try {
    return readAll(file, "the file of --file");
  } finally {
    file.close();
  }
}

const STDIN = "standard input";

/** A key of 4096 bits as XML has 3 KB. */
const MOST = 64 * 1024;

interface Source {
  readSync(buffer: Uint8Array): number | null;
}

function readAll(source: Source, what: string, end: number | null = null): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(new ArrayBuffer(MOST));
  let length = 0;
  try {
    while (length < MOST) {
      const count = source.readSync(buffer.subarray(length));
      if (count === null) return buffer.subarray(0, length);
      const at = end === null ? -1 : buffer.subarray(length, length + count).indexOf(end);
      if (at >= 0) return buffer.subarray(0, length + at);
      length += count;
    }
  } catch {
    buffer.fill(0);
    throw new UsageFault(`Cannot read ${what}: it cannot be read as a file can`);
  }
  buffer.fill(0);
  throw new UsageFault(`Cannot read ${what}: it is longer than any key`);
}

const CTRL_D = 4;

/** Without echo, and without the line editor, which cuts lines at 4095 characters. */
function readTerminal(): Uint8Array<ArrayBuffer> {
  print.error("Paste the key, then press Enter and Ctrl-D. Nothing of it is shown.");
  Deno.stdin.setRaw(true, { cbreak: true });
  try {
    return readAll(Deno.stdin, STDIN, CTRL_D);
  } finally {
    Deno.stdin.setRaw(false);
  }
}
