import { levelSize, TILE_WIDTH, type TileId } from "../../src/domain/tiles.ts";

/** @returns every tile of hashes of a tree, by level */
export function tilesOfSize(size: number): TileId[] {
  const tiles: TileId[] = [];
  for (let level = 0; levelSize(size, level) > 0; level++) {
    const count = Math.ceil(levelSize(size, level) / TILE_WIDTH);
    for (let number = 0; number < count; number++) tiles.push({ level, number });
  }
  return tiles;
}
