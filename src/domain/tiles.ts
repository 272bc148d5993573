/**
 * The tree as C2SP tlog-tiles (c2sp.org/tlog-tiles): which tile holds which hash, how tiles and
 * bundles of entries are named and written. A full tile never changes; a partial one is a beginning
 * of it. Does no I/O.
 */

/** Leaves below a hash of one level are 256 times those below a hash of the level before. */
export const TILE_HEIGHT = 8;

/** Hashes in a full tile, entries in a full bundle. */
export const TILE_WIDTH = 2 ** TILE_HEIGHT;

/** A tile of hashes: `number` counts the tiles of a level from 0. */
export interface TileId {
  /** 0 holds the leaves' hashes; a hash of level n is the root over a full tile of level n − 1. */
  readonly level: number;
  readonly number: number;
}

/** What a path under the log's address asks for. `width` is 256 for a full one. */
export type TilePath =
  | { readonly kind: "hashes"; readonly tile: TileId; readonly width: number }
  | { readonly kind: "entries"; readonly number: number; readonly width: number };

/** Levels that a log of any size could need. */
const MAX_LEVEL = 6;

/** An entry's length is written in 16 bits. */
export const MAX_ENTRY_BYTES = 0xffff;

/** @returns what is read of a file at most: of a tile, twice what it may hold, to tell one that is too long */
export function maxBytesOf(path: string): number {
  if (path === "checkpoint") return 64 * 1024;
  return path.startsWith("tile/entries/") ? TILE_WIDTH * (2 + MAX_ENTRY_BYTES) : TILE_WIDTH * 64;
}

/** @returns how many hashes a level has in a tree of that size */
export function levelSize(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** @returns how many hashes a tile has in a tree of that size: 0 if it is not there yet */
export function tileWidth({ level, number }: TileId, size: number): number {
  return Math.min(TILE_WIDTH, Math.max(0, levelSize(size, level) - number * TILE_WIDTH));
}

/** @returns the path below the log's address, as `tile/0/x001/234.p/5` */
export function tilePath({ level, number }: TileId, width: number): string {
  return `tile/${level}/${numberPath(number)}${partial(width)}`;
}

/** @returns the path of a bundle of entries, as `tile/entries/x001/234` */
export function bundlePath(number: number, width: number): string {
  return `tile/entries/${numberPath(number)}${partial(width)}`;
}

/** Reads a path. @returns null unless it is one, in its only spelling */
export function parseTilePath(path: string): TilePath | null {
  const match = /^tile\/(entries|\d)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (match === null) return null;
  const number = Number(match[2]!.replaceAll(/[x/]/g, ""));
  const width = match[3] === undefined ? TILE_WIDTH : Number(match[3]);
  if (match[3] !== undefined && width >= TILE_WIDTH) return null;
  const level = Number(match[1]);
  const parsed: TilePath = match[1] === "entries"
    ? { kind: "entries", number, width }
    : { kind: "hashes", tile: { level, number }, width };
  if (parsed.kind === "hashes" && level > MAX_LEVEL) return null;
  const only = parsed.kind === "entries" ? bundlePath(number, width) : tilePath(parsed.tile, width);
  return only === path ? parsed : null;
}

/** Groups of three digits, all but the last behind an x. */
function numberPath(number: number): string {
  const digits = String(number);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g)!;
  return groups.map((group, place) => place < groups.length - 1 ? `x${group}` : group).join("/");
}

function partial(width: number): string {
  return width === TILE_WIDTH ? "" : `.p/${width}`;
}

/** @returns 32 bytes for each hash */
export function encodeTile(hashes: readonly string[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hashes.length * 32);
  hashes.forEach((hash, place) => bytes.set(Uint8Array.fromHex(hash), place * 32));
  return bytes;
}

/** @returns lower-case hex hashes, or null unless the bytes are whole hashes, at most a tile of them */
export function decodeTile(bytes: Uint8Array): string[] | null {
  const count = bytes.length / 32;
  if (!Number.isInteger(count) || count > TILE_WIDTH) return null;
  return Array.from(
    { length: count },
    (_, place) => bytes.subarray(place * 32, place * 32 + 32).toHex(),
  );
}

/**
 * @returns each leaf behind its length in 16 bits, big-endian
 * @throws RangeError for a leaf longer than that can say
 */
export function encodeBundle(leaves: readonly string[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts = leaves.map((leaf) => encoder.encode(leaf));
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + 2 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of parts) {
    if (part.length > MAX_ENTRY_BYTES) throw new RangeError("Cannot bundle the entry: too long");
    view.setUint16(at, part.length);
    bytes.set(part, at + 2);
    at += 2 + part.length;
  }
  return bytes;
}

/** @returns the leaves, or null unless the bytes are whole entries of UTF-8, at most a bundle of them */
export function decodeBundle(bytes: Uint8Array): string[] | null {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const leaves: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 2 + (at + 2 <= bytes.length ? view.getUint16(at) : Infinity);
    if (end > bytes.length) return null;
    try {
      leaves.push(decoder.decode(bytes.subarray(at + 2, end)));
    } catch {
      return null;
    }
    at = end;
  }
  return leaves.length <= TILE_WIDTH ? leaves : null;
}

/** @returns where a perfect subtree's hashes are: of which level, from which on, how many */
export function hashesOfNode(
  height: number,
  index: number,
): { readonly level: number; readonly first: number; readonly count: number } {
  const level = Math.floor(height / TILE_HEIGHT);
  const count = 2 ** (height % TILE_HEIGHT);
  return { level, first: index * count, count };
}
