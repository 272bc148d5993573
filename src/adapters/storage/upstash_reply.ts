/** Numbers of Redis replies: they come as text, because Lua's numbers lose digits on the way. */

import { readText, readWhole, unreadable } from "./records.ts";

/** Reads a whole number from 0, written in digits. */
export function readNumber(value: unknown): number {
  const text = readText(value);
  return /^\d{1,16}$/.test(text) ? readWhole(Number(text)) : unreadable();
}
