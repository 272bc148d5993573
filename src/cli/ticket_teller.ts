/**
 * Tells people what happens on the way to a ticket, step by step. Every line passes through here, and
 * none leaves with a secret that is known by then: what is told is masked where it is made, and once
 * more on its way out.
 */

import type { Secret } from "../domain/secret.ts";

export interface Teller {
  /** No line shows this from now on, if it is long enough to be a secret. */
  hide(secret: Secret): void;
  /**
   * Tells of one step.
   *
   * @param tookMs null for what took no time
   * @param lines the first beside the name, the others below it
   */
  step(name: string, tookMs: number | null, ...lines: readonly string[]): void;
}

const MASK = "****";

/** What is shorter keeps no secret, and would be found in every other word. */
const LEAST_SECRET = 8;

/** @param say takes one line */
export function createTeller(say: (line: string) => void): Teller {
  const hidden = new Set<string>();
  const masked = (line: string): string => {
    const longestFirst = [...hidden].sort((one, other) => other.length - one.length);
    return longestFirst.reduce((text, secret) => text.replaceAll(secret, MASK), line);
  };
  return {
    hide(secret) {
      if (secret.reveal().length >= LEAST_SECRET) hidden.add(secret.reveal());
    },
    step(name, tookMs, first = "", ...rest) {
      const took = tookMs === null ? "" : `${tookMs.toFixed(0)} ms`;
      say(masked(`${took.padStart(8)}  ${name.padEnd(13)} ${first}`.trimEnd()));
      for (const line of rest) say(masked(`${" ".repeat(24)}${line}`));
    },
  };
}

/** Does something and says how long it took. */
export async function timed<T>(deed: () => Promise<T>): Promise<readonly [T, number]> {
  const began = performance.now();
  return [await deed(), performance.now() - began];
}

/**
 * A system user token is the application's name, a hyphen, and what is secret (docs.superoffice.com,
 * "System user token"). Of one that does not look like it, nothing is shown.
 *
 * @returns `Box Office-****`
 */
export function maskedToken(token: Secret): string {
  const [, name] = /^([\p{L} ._-]{1,64})-[A-Za-z0-9]{8,}$/u.exec(token.reveal()) ?? [];
  return name === undefined ? MASK : `${name}-${MASK}`;
}

/**
 * @param text to be signed, or signed already
 * @returns `Box Office-****.202611281030`, and `.****` for a signature
 */
export function maskedText(text: Secret, token: Secret): string {
  const rest = text.reveal().startsWith(token.reveal())
    ? text.reveal().slice(token.reveal().length)
    : "";
  const [, minute, signature] = /^\.(\d{12})(\..+)?$/.exec(rest) ?? [];
  if (minute === undefined) return MASK;
  return `${maskedToken(token)}.${minute}${signature === undefined ? "" : `.${MASK}`}`;
}

/** Of shorter ones too much would be shown. */
const LEAST_TICKET = 20;

/** @returns `7T:…` and the last four characters: those of SuperOffice's own end with the tenant's name */
export function maskedTicket(ticket: Secret): string {
  const text = ticket.reveal();
  const isLong = text.startsWith("7T:") && text.length >= LEAST_TICKET;
  return isLong ? `7T:…${text.slice(-4)}` : MASK;
}
