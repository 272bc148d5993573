/**
 * Secrets that must not be found, in every spelling that a leak could take: as they are, percent- and
 * form-encoded, escaped for JSON or HTML, in hex, and in base64 at any offset of a larger text.
 */

import { Buffer } from "node:buffer";

export interface Marks {
  /** Short values are refused: they would be found by accident. */
  add(name: string, value: string): void;
  /** Marks every text that is worth hiding of a JWT: all of it, its claims, its signature. */
  addToken(name: string, token: string): void;
  names(): ReadonlySet<string>;
  /** @returns what was found where, as `name (spelling)`; marks named in `except` may be there */
  find(place: string | Uint8Array, except?: readonly string[]): string[];
}

const LEAST_LENGTH = 8;

export function createMarks(): Marks {
  const known = new Map<string, { readonly name: string; readonly needles: Needle[] }>();
  const add = (name: string, value: string) => {
    if (value.length < LEAST_LENGTH) throw new Error(`Cannot watch ${name}: too short`);
    if (!known.has(value)) known.set(value, { name, needles: spellings(value) });
  };
  return {
    add,
    addToken(name, token) {
      const [, claims, signature] = token.split(".");
      add(name, token);
      if (claims && signature) {
        add(`${name}'s claims`, claims);
        add(`${name}'s signature`, signature);
      }
    },
    names: () => new Set([...known.values()].map(({ name }) => name)),
    find(place, except = []) {
      const text = typeof place === "string" ? place : Buffer.from(place).toString("latin1");
      const lower = text.toLowerCase();
      return [...known.values()].flatMap(({ name, needles }) => {
        if (except.includes(name)) return [];
        return needles
          .filter(({ needle, anyCase }) => (anyCase ? lower : text).includes(needle))
          .map(({ spelling }) => `${name} (${spelling})`);
      });
    },
  };
}

interface Needle {
  readonly spelling: string;
  readonly needle: string;
  /** The needle is in lower case and letter case means nothing. */
  readonly anyCase: boolean;
}

function spellings(value: string): Needle[] {
  const exact = (spelling: string, needle: string) => ({ spelling, needle, anyCase: false });
  const bytes = Buffer.from(value);
  const all = [
    exact("raw", value),
    exact("percent-encoded", encodeURIComponent(value)),
    exact("form-encoded", new URLSearchParams({ v: value }).toString().slice(2)),
    exact("JSON", JSON.stringify(value).slice(1, -1)),
    exact("JSON with escaped slashes", JSON.stringify(value).slice(1, -1).replaceAll("/", "\\/")),
    exact("HTML", escapeHtml(value)),
    { spelling: "hex", needle: bytes.toString("hex"), anyCase: true },
    ...[0, 1, 2].flatMap((offset) => {
      const text = innerBase64(bytes, offset);
      return [
        exact("base64", text),
        exact("base64url", text.replaceAll("+", "-").replaceAll("/", "_")),
      ];
    }),
  ];
  const seen = new Set<string>();
  return all.filter(({ needle }) => !seen.has(needle) && seen.add(needle));
}

/** The letters of base64 that depend on nothing but the value, at an offset modulo 3. */
function innerBase64(bytes: Uint8Array, offset: number): string {
  const text = Buffer.concat([new Uint8Array(offset), bytes]).toString("base64").replace(/=+$/, "");
  const first = [0, 2, 3][offset]!;
  const last = Math.floor((offset + bytes.length) / 3) * 4;
  return text.slice(first, last);
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}
