/** A ledger store whose archived part is read from its shelf: to its readers the log is whole. */

import { PartFault } from "../../domain/part_fault.ts";
import { bundlePath, decodeBundle, decodeTile, TILE_WIDTH, tilePath } from "../../domain/tiles.ts";
import type { LedgerStore, TileShelf } from "../../usecases/ports.ts";

/** @param shelf where `archive` moved what is below the store's floor */
export function withArchive(store: LedgerStore, shelf: TileShelf): LedgerStore {
  const fetch = async <T>(path: string, decode: (bytes: Uint8Array) => T[] | null) => {
    const bytes = await shelf.read(path);
    if (bytes === null) throw new PartFault("store", "archived");
    const values = decode(bytes);
    if (values?.length !== TILE_WIDTH) throw new PartFault("store", "unreadable");
    return values;
  };

  return {
    ...store,
    floor: () => Promise.resolve(0),
    async read(after, limit) {
      const floor = await store.floor();
      const found: string[] = [];
      while (found.length < limit && after + 1 + found.length < floor) {
        const next = after + 1 + found.length;
        const leaves = await fetch(
          bundlePath(Math.floor(next / TILE_WIDTH), TILE_WIDTH),
          decodeBundle,
        );
        found.push(...leaves.slice(next % TILE_WIDTH).slice(0, limit - found.length));
      }
      if (found.length === limit) return found;
      return found.concat(await store.read(after + found.length, limit - found.length));
    },
    async tiles(tiles) {
      const floor = await store.floor();
      const isHere = tiles.map(({ level, number }) => level > 0 || number * TILE_WIDTH >= floor);
      const here = await store.tiles(tiles.filter((_, place) => isHere[place]));
      let next = 0;
      const found: (readonly string[])[] = [];
      for (const [place, tile] of tiles.entries()) {
        found.push(
          isHere[place] ? here[next++]! : await fetch(tilePath(tile, TILE_WIDTH), decodeTile),
        );
      }
      return found;
    },
  };
}
