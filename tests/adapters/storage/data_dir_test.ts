/** Files of the data directory: whole, once, and their owner's only. */

import assert from "node:assert/strict";
import { openDataDir } from "../../../src/adapters/storage/data_dir.ts";
import { withFolder } from "./backends.ts";

const LONG = "æøå 🎟".repeat(50_000);

/** Runs work and notes, in order, what it did to files. */
function watch(work: () => void): string[] {
  const seen: string[] = [];
  const { linkSync, renameSync } = Deno;
  const { syncSync } = Deno.FsFile.prototype;
  Deno.linkSync = (...names) => (seen.push("link"), linkSync(...names));
  Deno.renameSync = (...names) => (seen.push("rename"), renameSync(...names));
  Deno.FsFile.prototype.syncSync = function () {
    seen.push("sync");
    return syncSync.call(this);
  };
  try {
    work();
  } finally {
    Object.assign(Deno, { linkSync, renameSync });
    Deno.FsFile.prototype.syncSync = syncSync;
  }
  return seen;
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}

Deno.test("a file is made once, whole, for its owner only", () =>
  withFolder((folder) => {
    const dir = openDataDir(`${folder}/data`);
    assert.equal(dir.read("key"), null);
    assert.equal(dir.readOrCreate("key", () => LONG), LONG);
    assert.equal(dir.readOrCreate("key", () => "other"), LONG);
    assert.equal(Deno.statSync(`${folder}/data/key`).mode! & 0o777, 0o600);
    assert.deepEqual(namesIn(`${folder}/data`), ["key"]);
    return Promise.resolve();
  }));

Deno.test("a file that another made meanwhile is the one that counts", () =>
  withFolder((folder) => {
    const dir = openDataDir(folder);
    const made = dir.readOrCreate("key", () => {
      Deno.writeTextFileSync(`${folder}/key`, "theirs");
      return "ours";
    });
    assert.equal(made, "theirs");
    assert.deepEqual(namesIn(folder), ["key"]);
    return Promise.resolve();
  }));

Deno.test("content is on the disk before it gets its name", () =>
  withFolder((folder) => {
    const dir = openDataDir(folder);
    assert.deepEqual(watch(() => dir.readOrCreate("key", () => "one")), ["sync", "link"]);
    assert.deepEqual(watch(() => dir.replace("key", LONG)), ["sync", "rename"]);
    assert.equal(dir.read("key"), LONG);
    assert.deepEqual(namesIn(folder), ["key"]);
    return Promise.resolve();
  }));
