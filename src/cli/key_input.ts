/**
 * A private key from standard input or a file, into one buffer that can be overwritten: not through
 * streams or texts, which leave copies. What is typed or pasted at a terminal is not shown there.
 */

import { print } from "../print.ts";
import { UsageFault } from "../usage_fault.ts";

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

/** @param ends what ends it besides its end */
function readAll(
  source: Source,
  what: string,
  ends: readonly number[] = [],
): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(new ArrayBuffer(MOST));
  let length = 0;
  try {
    while (length < MOST) {
      const count = source.readSync(buffer.subarray(length));
      if (count === null) return buffer.subarray(0, length);
      const at = buffer.subarray(length, length + count).findIndex((sign) => ends.includes(sign));
      if (at >= 0) return buffer.subarray(0, length + at + 1);
      length += count;
    }
  } catch {
    buffer.fill(0);
    throw new UsageFault(`Cannot read ${what}: it cannot be read as a file can`);
  }
  buffer.fill(0);
  throw new UsageFault(`Cannot read ${what}: it is longer than any key`);
}

const [CTRL_C, CTRL_D] = [3, 4];

/**
 * Without echo, and without the line editor, which cuts lines at 4095 characters. Ctrl-C is read, too:
 * as a signal it would leave the terminal without its echo.
 */
function readTerminal(): Uint8Array<ArrayBuffer> {
  Deno.stdin.setRaw(true);
  try {
    print.error("Paste the key, then press Enter and Ctrl-D. Nothing of it is shown.");
    const octets = readAll(Deno.stdin, STDIN, [CTRL_C, CTRL_D]);
    const last = octets.at(-1);
    if (last === CTRL_C) {
      octets.fill(0);
      throw new UsageFault("Cannot read the key: it was broken off; nothing was imported");
    }
    return last === CTRL_D ? octets.subarray(0, -1) : octets;
  } finally {
    Deno.stdin.setRaw(false);
  }
}
