/**
 * Files that the service makes for itself under its data directory, readable by its user only:
 * generated keys, the sandbox's API key. A file that is there is used as it is, and only `replace`
 * ever writes over one. Content is on the disk before a file gets its name, so a name never stands
 * for an empty or half a file, not even after a power cut.
 */

export interface DataDir {
  readonly path: string;
  /** Content of a file, made by `make` the first time. Two processes at once agree on one. */
  readOrCreate(name: string, make: () => string): string;
  read(name: string): string | null;
  /** Replaces a file in one step: a crash leaves the old or the new content, never half of it. */
  replace(name: string, content: string): void;
}

/** Opens a data directory, making it (for its owner alone) if need be. */
export function openDataDir(path: string): DataDir {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  const at = (name: string) => `${path.replace(/\/+$/, "")}/${name}`;
  const read = (name: string): string | null => {
    try {
      return Deno.readTextFileSync(at(name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  };
  const writeBeside = (name: string, content: string): string => {
    const beside = at(`.${name}.${crypto.randomUUID()}`);
    const file = Deno.openSync(beside, { write: true, createNew: true, mode: 0o600 });
    try {
      const bytes = new TextEncoder().encode(content);
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      file.syncSync();
    } catch (error) {
      Deno.removeSync(beside);
      throw error;
    } finally {
      file.close();
    }
    return beside;
  };
  return {
    path,
    read,
    readOrCreate(name, make) {
      const present = read(name);
      if (present !== null) return present;
      const beside = writeBeside(name, make());
      try {
        // A link fails if the name is taken, so the first of two processes wins, with a whole file.
        Deno.linkSync(beside, at(name));
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      } finally {
        Deno.removeSync(beside);
      }
      return read(name)!;
    },
    replace(name, content) {
      Deno.renameSync(writeBeside(name, content), at(name));
    },
  };
}
