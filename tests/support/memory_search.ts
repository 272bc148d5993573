/** Looks for octets in the writable memory of a process of ours, as whoever may debug it could. Linux. */

import { Buffer } from "node:buffer";

/** @returns the names of those that are there */
export async function searchMemory(
  pid: number,
  wanted: Readonly<Record<string, Uint8Array>>,
): Promise<string[]> {
  const texts = Object.entries(wanted).map(([name, octets]) => [name, latin1(octets)] as const);
  const longest = Math.max(...texts.map(([, text]) => text.length));
  const found = new Set<string>();
  using memory = await Deno.open(`/proc/${pid}/mem`);
  for (const [start, end] of await regionsOf(pid)) {
    for (let at = start; at < end; at += WINDOW - longest) {
      const buffer = Buffer.alloc(Math.min(WINDOW, end - at));
      const text = latin1(buffer.subarray(0, await readAt(memory, at, buffer)));
      for (const [name, one] of texts) if (text.includes(one)) found.add(name);
    }
  }
  return [...found].sort();
}

const WINDOW = 1 << 24;

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
}

async function regionsOf(pid: number): Promise<[start: number, end: number][]> {
  const maps = await Deno.readTextFile(`/proc/${pid}/maps`);
  return [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)]
    .map(([, start, end]) => [parseInt(start!, 16), parseInt(end!, 16)]);
}

/** @returns how much could be read: a region may be gone by now */
async function readAt(memory: Deno.FsFile, at: number, buffer: Uint8Array): Promise<number> {
  let length = 0;
  try {
    await memory.seek(at, Deno.SeekMode.Start);
    while (length < buffer.length) {
      const count = await memory.read(buffer.subarray(length));
      if (count === null) break;
      length += count;
    }
  } catch { /* What cannot be read holds nothing that others could read. */ }
  return length;
}
