/**
 * Canaries: texts that are signed only to be seen in the cloud's log. Times are cut into periods of one
 * length; what is signed in a period, and when, follows from a signature by the ledger's own key, so
 * that nobody without it can tell beforehand.
 */

import { createHash } from "node:crypto";

export interface Canary {
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
  /** No token: those end with a full stop and a time of twelve digits. */
  readonly text: string;
}

/** @returns when the period of an instant begins */
export function periodOf(now: number, periodMs: number): number {
  return Math.floor(now / periodMs) * periodMs;
}

/**
 * What the ledger's key signs for a period. No checkpoint: its second line is no number.
 *
 * @param origin name of the log, which has no white space in it
 */
export function canaryMessage(origin: string, start: number, periodMs: number): string {
  return `box-office canary\n${origin}\n${new Date(start).toISOString()} ${periodMs}\n`;
}

/** @param signature of the message, by Ed25519, which has one signature for each text */
export function canaryOf(signature: Uint8Array, start: number, periodMs: number): Canary {
  const derive = (what: string) => createHash("sha256").update(what).update(signature).digest();
  // 48 bits of chance: a period of a week has 30 bits of milliseconds.
  const chance = derive("when\n").readUIntBE(0, 6) / 2 ** 48;
  return {
    dueAt: start + Math.floor(chance * periodMs),
    text: `Box Office canary ${derive("what\n").toString("base64url")}`,
  };
}
