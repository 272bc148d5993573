/**
 * Names of resources as Cloud KMS writes them: locations, key rings, crypto keys and their versions,
 * import jobs. One text is the name of one kind at most.
 */

export type ResourceKind =
  | "location"
  | "keyRing"
  | "cryptoKey"
  | "cryptoKeyVersion"
  | "importJob";

/** A name and its parts; null: a resource of this kind has no such part. */
export interface ResourceName {
  readonly kind: ResourceKind;
  /** The whole name. */
  readonly name: string;
  /** The whole name of what contains it. */
  readonly parent: string;
  readonly project: string;
  readonly location: string;
  readonly keyRing: string | null;
  readonly cryptoKey: string | null;
  readonly version: string | null;
  readonly importJob: string | null;
}

/** @returns null if the text names none of these */
export function parseResourceName(text: string): ResourceName | null {
  for (const [kind, grammar] of GRAMMARS) {
    const groups = grammar.exec(text)?.groups;
    if (!groups) continue;
    const { project = "", location = "", keyRing, cryptoKey, version, importJob } = groups;
    return {
      kind,
      name: text,
      parent: text.replace(/\/[^/]+\/[^/]+$/, ""),
      project,
      location,
      keyRing: keyRing ?? null,
      cryptoKey: cryptoKey ?? null,
      version: version ?? null,
      importJob: importJob ?? null,
    };
  }
  return null;
}

/** @throws if the text is not the name of such a resource: a mistake of this program */
export function requireResourceName(text: string): ResourceName {
  const resource = parseResourceName(text);
  if (resource) return resource;
  throw new Error(`Cannot name a resource ${text}: no such form`);
}

/** What key rings, crypto keys and import jobs may be called. */
export function isResourceId(text: string): boolean {
  return new RegExp(`^${ID}$`).test(text);
}

/** A project's number instead of its id: Cloud KMS was seen to refuse signing under such a name. */
export function isProjectNumber(project: string): boolean {
  return /^\d+$/.test(project);
}

const ID = "[a-zA-Z0-9_-]{1,63}";
const LOCATION =
  "projects/(?<project>[a-z][a-z0-9-]{4,28}[a-z0-9]|[a-z0-9.-]+:[a-z][a-z0-9-]+|\\d+)" +
  "/locations/(?<location>[a-z0-9-]+)";
const KEY_RING = `${LOCATION}/keyRings/(?<keyRing>${ID})`;
const CRYPTO_KEY = `${KEY_RING}/cryptoKeys/(?<cryptoKey>${ID})`;

const GRAMMARS: readonly (readonly [ResourceKind, RegExp])[] = [
  ["cryptoKeyVersion", new RegExp(`^${CRYPTO_KEY}/cryptoKeyVersions/(?<version>[1-9]\\d{0,18})$`)],
  ["cryptoKey", new RegExp(`^${CRYPTO_KEY}$`)],
  ["keyRing", new RegExp(`^${KEY_RING}$`)],
  ["importJob", new RegExp(`^${KEY_RING}/importJobs/(?<importJob>${ID})$`)],
  ["location", new RegExp(`^${LOCATION}$`)],
];
