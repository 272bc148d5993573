/**
 * Whose key a signature was made with, by the key version's name. Names are compared letter by letter:
 * Cloud Logging's own searches take no notice of case, Cloud KMS does.
 */

export interface KeyScope {
  /** The app's, each once, in the order they were named. */
  readonly keyVersions: readonly string[];
  /** `sibling`: another version of one of the app's crypto keys. */
  whose(keyVersion: string): "ours" | "sibling" | "other";
}

/** @param named the app's key versions, repeated or not */
export function createKeyScope(named: readonly string[]): KeyScope {
  const ours = new Set(named);
  const cryptoKeys = [...ours].flatMap((name) => cryptoKeyOf(name) ?? []);
  const known = new Map<string, "ours" | "sibling" | "other">();
  const judge = (name: string) => {
    if (ours.has(name)) return "ours";
    const cryptoKey = cryptoKeyOf(name);
    const isSibling = cryptoKey !== null && cryptoKeys.some((own) => isOne(own, cryptoKey));
    return isSibling ? "sibling" : "other";
  };
  return {
    keyVersions: [...ours],
    whose(name) {
      const verdict = known.get(name) ?? judge(name);
      known.set(name, verdict);
      return verdict;
    },
  };
}

interface CryptoKeyName {
  readonly project: string;
  /** From the location on. */
  readonly rest: string;
}

/** Also of a name without a version, or with something in its place. */
function cryptoKeyOf(name: string): CryptoKeyName | null {
  const [, project, rest] =
    /^projects\/([^/]+)(\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+)(?:\/|$)/
      .exec(name) ?? [];
  return project === undefined || rest === undefined ? null : { project, rest };
}

/**
 * Google names a project by its id or by its number, and which number is whose is not in the log: where
 * one of the two is a number and all else is the same, it is taken for the same key.
 */
function isOne(one: CryptoKeyName, other: CryptoKeyName): boolean {
  if (one.rest !== other.rest) return false;
  const isNumber = /^\d+$/.test(one.project) !== /^\d+$/.test(other.project);
  return one.project === other.project || isNumber;
}
