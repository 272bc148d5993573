/**
 * A folder of tiles, as C2SP tlog-tiles lays them out: any static web server can serve it. A file
 * appears under its name when all of it is on disk. Writes nothing outside the folder.
 */

import { PartFault } from "../../domain/part_fault.ts";
import { maxBytesOf } from "../../domain/tiles.ts";
import type { TileShelf } from "../../usecases/ports.ts";

/** Paths come from `domain/tiles.ts`; nothing else may name a file. */
const PATH = /^(?:checkpoint|tile\/[\w./]+)$/;

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
        const { size, isFile } = await Deno.stat(file);
        // A device or a pipe has no end.
        if (!isFile) throw new PartFault("store", "unreadable");
        if (size > maxBytesOf(name)) throw new PartFault("store", "too_large");
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
        await makeFolders(path, name);
        await writeWhole(unfinished, bytes);
        await Deno.rename(unfinished, file);
        await sync(folderOf(file));
      } catch (error) {
        await Deno.remove(unfinished).catch(() => {});
        throw toFault(error);
      }
    },
  };
}

function folderOf(file: string): string {
  return file.replace(/\/[^/]*$/, "");
}

/** Each folder on the way, its name on disk before anything is in it. */
async function makeFolders(root: string, name: string): Promise<void> {
  await Deno.mkdir(root, { recursive: true, mode: 0o700 });
  let folder = root;
  for (const part of name.split("/").slice(0, -1)) {
    const above = folder;
    folder = `${folder}/${part}`;
    try {
      await Deno.mkdir(folder, { mode: 0o700 });
      await sync(above);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

/** Puts a folder's names on disk. Some mounted stores have no such thing, and need none. */
async function sync(folder: string): Promise<void> {
  try {
    using open = await Deno.open(folder, { read: true });
    await open.sync();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw error;
  }
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
