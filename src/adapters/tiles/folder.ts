/**
 * A folder of tiles, as C2SP tlog-tiles lays them out: any static web server can serve it. A file
 * appears under its name when all of it is on disk. Writes nothing outside the folder.
 */

import { PartFault } from "../../domain/part_fault.ts";
import type { TileShelf } from "../../usecases/ports.ts";

/** Paths come from `domain/tiles.ts`; nothing else may name a file. */
const PATH = /^(?:checkpoint|tile\/[\w./]+)$/;

/** A full bundle of the longest entries there can be. */
const MAX_BYTES = 256 * (2 + 0xffff);

/** @param path of the folder; made when something is written */
export function createTileFolder(path: string): TileShelf {
  const place = (name: string): string => {
    if (PATH.test(name) && !name.includes("..")) return `${path}/${name}`;
    throw new TypeError("Cannot use the folder of tiles: no name of a tile");
  };
  return {
    async read(name) {
      const file = place(name);
      try {
        const { size } = await Deno.stat(file);
        if (size > MAX_BYTES) throw new PartFault("store", "too_large");
        return await Deno.readFile(file);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null;
        throw toFault(error);
      }
    },
    async write(name, bytes) {
      const file = place(name);
      const unfinished = `${file}.${crypto.randomUUID()}.tmp`;
      try {
        await Deno.mkdir(file.replace(/\/[^/]*$/, ""), { recursive: true, mode: 0o700 });
        await writeWhole(unfinished, bytes);
        await Deno.rename(unfinished, file);
      } catch (error) {
        await Deno.remove(unfinished).catch(() => {});
        throw toFault(error);
      }
    },
  };
}

async function writeWhole(file: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  using open = await Deno.open(file, { write: true, createNew: true, mode: 0o600 });
  for (let at = 0; at < bytes.length;) at += await open.write(bytes.subarray(at));
  await open.sync();
}

/** The error of the system names the path, which ends here. */
function toFault(error: unknown): PartFault {
  if (error instanceof PartFault) return error;
  const isFull = error instanceof Error && /no space|quota/i.test(error.message);
  return new PartFault("store", isFull ? "full" : "command");
}
