/**
 * Reading and judging of the ledger's own records. Garbage is a fault (`unreadable`), and what does
 * not fit the tree is never stored.
 */

import type { TreeHead } from "../../domain/merkle.ts";
import { PartFault } from "../../domain/part_fault.ts";
import { levelSize, TILE_WIDTH, type TileId, tileWidth } from "../../domain/tiles.ts";
import type { LedgerAppend } from "../../usecases/ports.ts";
import { readText, readWhole, unreadable } from "./records.ts";

const HEX_DIGEST = /^[0-9a-f]{64}$/;

/** A head whose frontier has one lower-case hex root per one bit of its size. */
export function readTreeHead(size: unknown, frontier: unknown): TreeHead {
  const whole = readWhole(size);
  if (!Array.isArray(frontier) || frontier.length !== oneBits(whole)) return unreadable();
  if (!frontier.every((root) => typeof root === "string" && HEX_DIGEST.test(root))) {
    return unreadable();
  }
  return { size: whole, frontier: frontier as string[] };
}

function oneBits(size: number): number {
  return size.toString(2).replaceAll("0", "").length;
}

/** A tile's hashes, as many as the tree has in it. */
export function readTile(hashes: readonly unknown[], tile: TileId, size: number): string[] {
  if (hashes.length !== tileWidth(tile, size)) return unreadable();
  return hashes.map((hash) => {
    const text = readText(hash);
    return HEX_DIGEST.test(text) ? text : unreadable();
  });
}

/** Says that what was asked for has been moved away. */
export function archived(): never {
  throw new PartFault("store", "archived");
}

/** @throws RangeError for an append that no store may keep */
export function requireFittingAppend(expected: TreeHead, append: LedgerAppend): void {
  const { leaves, next, hashes } = append;
  const isFitting = leaves.length > 0 && next.size === expected.size + leaves.length &&
    levelSize(next.size, hashes.length) === levelSize(expected.size, hashes.length) &&
    hashes.every((row, level) =>
      row.length === levelSize(next.size, level) - levelSize(expected.size, level) &&
      row.every((hash) => HEX_DIGEST.test(hash))
    );
  if (isFitting) return;
  throw new RangeError("Cannot append to the ledger: the next head does not fit the leaves");
}

/** @throws RangeError for a floor that is no border between full bundles of the log */
export function requireFittingFloor(below: number, size: number): void {
  if (Number.isSafeInteger(below) && below >= 0 && below % TILE_WIDTH === 0 && below <= size) {
    return;
  }
  throw new RangeError("Cannot forget a part of the ledger: it does not end with a full bundle");
}
