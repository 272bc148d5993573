/**
 * The packages of `deno.lock`: which are loaded by the service, which by the command line only, which
 * by tests and benchmarks, and under what licence each is. Reads the lock, the module graphs and the
 * package.json files that Deno has cached; asks no network. Refuses a lock that names no digest.
 */

/** Where a package is loaded, at most: `service` before `commands` before `tests`. */
export type Use = "service" | "commands" | "tests";

/** One package in one version. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** SHA-512 of its archive, in lower-case hex. */
  readonly sha512: string;
  readonly use: Use;
  /** Named by the project's own configuration. */
  readonly isDirect: boolean;
  /** Part of another package on some platforms only. Nobody has them all, so none is read. */
  readonly isOptional: boolean;
  /** SPDX expression of its package.json; null if it says none, or is optional. */
  readonly license: string | null;
  /** `name@version` of each package that it depends on, sorted. */
  readonly dependsOn: readonly string[];
}

/** What `deno.lock`, version 5, holds of packages. */
export interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, Locked>>;
}

interface Locked {
  readonly integrity?: string;
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
}

/** What is asked of the machine. */
export interface Sources {
  readonly lock: Lock;
  /** Keys of the lock that these modules load first. */
  readonly loadedBy: Readonly<Record<"service" | "commands", readonly string[]>>;
  /** The package.json of a key of the lock. */
  readonly manifest: (key: string) => { readonly license?: unknown };
}

/** @returns every package of the lock, by name and version */
export function listPackages({ lock, loadedBy, manifest }: Sources): Package[] {
  const wanted = {
    service: reach(lock, loadedBy.service, true),
    commands: reach(lock, loadedBy.commands, true),
    all: reach(lock, rootsOf(lock), false),
  };
  const direct = new Set(rootsOf(lock).map(idOf));
  const packages = new Map<string, Package>();
  for (const [key, locked] of Object.entries(lock.npm)) {
    const id = idOf(key);
    // Made anew for each set of peers, in the lock; one archive all the same.
    const twin = packages.get(id);
    const isOptional = !wanted.all.has(key) && (twin?.isOptional ?? true);
    const use = wanted.service.has(key) || twin?.use === "service"
      ? "service"
      : wanted.commands.has(key) || twin?.use === "commands"
      ? "commands"
      : "tests";
    const dependsOn = dependenciesOf(lock, locked, true).map(idOf).concat(twin?.dependsOn ?? []);
    packages.set(id, {
      ...partsOf(id),
      sha512: sha512Of(key, locked),
      use,
      isDirect: direct.has(id),
      isOptional,
      license: isOptional ? null : licenseOf(manifest(key)),
      dependsOn: [...new Set(dependsOn)].sort(),
    });
  }
  return [...packages].sort(([a], [b]) => a < b ? -1 : 1).map(([, it]) => it);
}

/** `name@version`, without the peers that the lock's key may go on with. */
export function idOf(key: string): string {
  const at = key.indexOf("@", 1);
  const version = key.slice(at + 1).split("_")[0]!;
  return `${key.slice(0, at)}@${version}`;
}

/** @returns keys of what the configuration names */
function rootsOf(lock: Lock): string[] {
  return Object.entries(lock.specifiers).map(([specifier, version]) => {
    const name = specifier.replace(/^npm:(@?[^@]+)@.*$/, "$1");
    return requireKey(lock, `${name}@${version}`);
  });
}

function reach(lock: Lock, roots: readonly string[], withOptional: boolean): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (key: string) => {
    if (seen.has(key)) return;
    seen.add(requireKey(lock, key));
    for (const next of dependenciesOf(lock, lock.npm[key]!, withOptional)) visit(next);
  };
  roots.forEach(visit);
  return seen;
}

function dependenciesOf(lock: Lock, locked: Locked, withOptional: boolean): string[] {
  const optional = withOptional ? locked.optionalDependencies ?? [] : [];
  return [...locked.dependencies ?? [], ...optional].map((named) => {
    // A name alone where the lock has one version of it.
    if (named.indexOf("@", 1) > 0) return requireKey(lock, named);
    const [only, ...more] = Object.keys(lock.npm).filter((key) => key.startsWith(`${named}@`));
    if (only === undefined || more.length > 0) {
      throw new Error(`Cannot read the lock: ${named} is not in it exactly once`);
    }
    return only;
  });
}

function requireKey(lock: Lock, key: string): string {
  if (!Object.hasOwn(lock.npm, key)) throw new Error(`Cannot read the lock: ${key} is not in it`);
  return key;
}

function partsOf(id: string): { readonly name: string; readonly version: string } {
  const at = id.indexOf("@", 1);
  return { name: id.slice(0, at), version: id.slice(at + 1) };
}

function sha512Of(key: string, { integrity }: Locked): string {
  const bytes = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity ?? "")?.[1];
  if (bytes === undefined) throw new Error(`Cannot read the lock: ${key} has no SHA-512`);
  return Uint8Array.fromBase64(bytes).toHex();
}

/** package.json has a string; once it had an object, or several. */
function licenseOf({ license }: { readonly license?: unknown }): string | null {
  if (typeof license === "string") return license;
  const { type } = Object(license) as { readonly type?: unknown };
  return typeof type === "string" ? type : null;
}
