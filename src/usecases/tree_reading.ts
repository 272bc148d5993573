/** Roots of parts of the tree, from the tiles of a store. */

import { PartFault } from "../domain/part_fault.ts";
import { type LeafRange, rootsOfRanges, tilesOfRanges } from "../domain/tree_proofs.ts";
import type { LedgerStore } from "./ports.ts";

/**
 * Reads all tiles in one step and computes the root of each range.
 *
 * @returns lower-case hex roots
 * @throws PartFault `unreadable` if the tiles do not hold what the log's size promises
 */
export async function readRoots(
  store: Pick<LedgerStore, "tiles">,
  ranges: readonly LeafRange[],
): Promise<string[]> {
  if (ranges.length === 0) return [];
  const tiles = tilesOfRanges(ranges);
  const roots = rootsOfRanges(ranges, tiles, await store.tiles(tiles));
  if (roots === null) throw new PartFault("store", "unreadable");
  return roots;
}
