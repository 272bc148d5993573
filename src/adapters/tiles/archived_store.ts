/**
 * A ledger store whose archived part is read from its shelf: to its readers the log is whole. Gives
 * nothing of another log's shelf: what comes from there must fit the hashes that the store has kept.
 */

import { EMPTY_TREE, grow, leafHash } from "../../domain/merkle.ts";
import { PartFault } from "../../domain/part_fault.ts";
import { bundlePath, decodeBundle, decodeTile, TILE_WIDTH, tilePath } from "../../domain/tiles.ts";
import type { LedgerStore, TileShelf } from "../../usecases/ports.ts";

/** @param shelf where `archive` moved what is below the store's floor */
export function withArchive(store: LedgerStore, shelf: TileShelf): LedgerStore {
  /** Roots of full bundles, a level 1 tile of them at a time: readers go in order. */
  let known: { readonly number: number; readonly roots: readonly string[] } | null = null;

  const rootOf = async (bundle: number): Promise<string | undefined> => {
    const number = Math.floor(bundle / TILE_WIDTH);
    const place = bundle % TILE_WIDTH;
    if (known?.number !== number || known.roots.length <= place) {
      const [roots] = await store.tiles([{ level: 1, number }]);
      known = { number, roots: roots! };
    }
    return known.roots[place];
  };

  const fetch = async (
    bundle: number,
    path: string,
    decode: (bytes: Uint8Array) => string[] | null,
    hashOf: (value: string) => string,
  ): Promise<string[]> => {
    const bytes = await shelf.read(path);
    if (bytes === null) throw new PartFault("store", "archived");
    const values = decode(bytes);
    if (values?.length !== TILE_WIDTH) throw new PartFault("store", "unreadable");
    const [, [root] = []] = grow(EMPTY_TREE, values.map(hashOf)).hashes;
    if (root !== await rootOf(bundle)) throw new PartFault("store", "inconsistent");
    return values;
  };

  const read = async (after: number, limit: number): Promise<readonly string[]> => {
    const floor = await store.floor();
    const found: string[] = [];
    while (found.length < limit && after + 1 + found.length < floor) {
      const next = after + 1 + found.length;
      const bundle = Math.floor(next / TILE_WIDTH);
      const leaves = await fetch(bundle, bundlePath(bundle, TILE_WIDTH), decodeBundle, leafHash);
      found.push(...leaves.slice(next % TILE_WIDTH).slice(0, limit - found.length));
    }
    if (found.length === limit) return found;
    return found.concat(await store.read(after + found.length, limit - found.length));
  };

  const readTiles: LedgerStore["tiles"] = async (tiles) => {
    const floor = await store.floor();
    const isHere = tiles.map(({ level, number }) => level > 0 || number * TILE_WIDTH >= floor);
    const here = await store.tiles(tiles.filter((_, place) => isHere[place]));
    let next = 0;
    const found: (readonly string[])[] = [];
    for (const [place, tile] of tiles.entries()) {
      const path = tilePath(tile, TILE_WIDTH);
      found.push(
        isHere[place] ? here[next++]! : await fetch(tile.number, path, decodeTile, (hash) => hash),
      );
    }
    return found;
  };

  return {
    ...store,
    floor: () => Promise.resolve(0),
    read: (after, limit) => onceMore(() => read(after, limit)),
    tiles: (tiles) => onceMore(() => readTiles(tiles)),
  };
}

/** The floor may rise between two reads: what was there a moment ago is on the shelf then. */
async function onceMore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PartFault) || error.reason !== "archived") throw error;
    return await work();
  }
}
