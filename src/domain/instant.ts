/**
 * Instants to the nanosecond, as Cloud Logging writes them: a `Date` holds three fractional digits, the
 * log has nine. One spelling, in UTC, so that comparing texts compares instants.
 */

declare const brand: unique symbol;

/** `2026-10-02T09:06:06.982112024Z`: always nine fractional digits, always UTC. */
export type Instant = string & { readonly [brand]: "Instant" };

const TEXT = /^(\d{4}-\d\d-\d\d)([Tt ])(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? ?(Z|z|UTC|[+-]\d\d:\d\d)?$/;

/**
 * Reads RFC 3339 with up to nine fractional digits, and what BigQuery prints, whose `UTC` may be
 * missing: `2026-10-02 09:06:06.982112 UTC`.
 * @returns null if it is neither, or no day or time that there is
 */
export function parseInstant(text: unknown): Instant | null {
  const [, day, separator, time, fraction = "", zone] = typeof text === "string"
    ? TEXT.exec(text) ?? []
    : [];
  if (day === undefined || time === undefined) return null;
  if (zone === undefined && separator !== " ") return null;
  const seconds = `${day}T${time}`;
  const local = Date.parse(`${seconds}.000Z`);
  // `Date` makes the 3rd of March of the 31st of February.
  if (Number.isNaN(local) || !new Date(local).toISOString().startsWith(seconds)) return null;
  const offset = minutesOf(zone);
  if (offset === null) return null;
  const utc = new Date(local - offset * 60_000).toISOString();
  return utc.length === 24 ? `${utc.slice(0, 19)}.${fraction.padEnd(9, "0")}Z` as Instant : null;
}

/** @returns minutes east of Greenwich, or null for more than RFC 3339 has */
function minutesOf(zone: string | undefined): number | null {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone ?? "") ?? [];
  if (sign === undefined) return 0;
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** @returns milliseconds since the epoch; what is below a millisecond is cut off */
export function millisOf(instant: Instant): number {
  return Date.parse(`${instant.slice(0, 23)}Z`);
}

/** @param milliseconds since the epoch, in a year of four digits */
export function instantAt(milliseconds: number): Instant {
  return new Date(milliseconds).toISOString().replace("Z", "000000Z") as Instant;
}

/** Whether an instant lies in a window. Null leaves a side open; `to` itself lies outside. */
export function isWithin(instant: Instant, from: Instant | null, to: Instant | null): boolean {
  return (from === null || instant >= from) && (to === null || instant < to);
}
