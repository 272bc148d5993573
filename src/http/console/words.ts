/** How the console writes instants, numbers, key versions and digests. Everything in UTC. */

import { html } from "hono/html";

/** A piece of a page. */
export type Html = ReturnType<typeof html>;

/** @param text an ISO 8601 instant in UTC, shown to the millisecond and whole to machines */
export function instant(text: string): Html {
  return html`<time datetime="${text}">${
    text.replace("T", " ").slice(0, 23).replace("Z", "")
  }</time>`;
}

/** @param at milliseconds since the epoch */
export function instantAt(at: number): Html {
  return instant(new Date(at).toISOString().slice(0, 19) + "Z");
}

/** How long ago, in the largest unit that says something. Milliseconds since the epoch. */
export function ago(at: number, now: number): string {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return "less than a minute ago";
  if (minutes < 120) return `${plural(minutes, "minute")} ago`;
  if (minutes < 48 * 60) return `${plural(Math.floor(minutes / 60), "hour")} ago`;
  return `${plural(Math.floor(minutes / (24 * 60)), "day")} ago`;
}

export function count(number: number): string {
  return number.toLocaleString("en");
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** A key version as people call it; what is not of Cloud KMS is cut. */
export function keyWords(keyVersion: string): string {
  const [, key, version] = /\/cryptoKeys\/([^/]+)\/cryptoKeyVersions\/(\d+)$/.exec(keyVersion) ??
    [];
  return key === undefined ? cut(keyVersion, 24) : `${key}, version ${version}`;
}

/** Long texts by their beginning. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

const PATHS = {
  good: "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zM7 11.6 3.8 8.4l1.3-1.3L7 9l4-4 1.3 1.3z",
  bad: "M8 0 0 15h16zM7 5h2v5H7zm0 6h2v2H7z",
  warn: "M8 0 0 8l8 8 8-8zM7 4h2v5H7zm0 6h2v2H7z",
  none: "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zm0 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2z",
};

/** How something stands: a sign, a colour and words that say it without either. */
export function state(kind: keyof typeof PATHS, words: Html | string): Html {
  return html`<span class="state ${kind}"><svg
    viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path
    d="${PATHS[kind]}" fill-rule="evenodd" /></svg> <span>${words}</span></span>`;
}

/**
 * A table that scrolls by itself where it is wider than the page; reached and moved by keys, too.
 *
 * @param label of no other part of the page
 */
export function scrolling(label: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${table}</div>`;
}
