/**
 * Names of crypto key versions as Cloud KMS writes them. Refuses every other resource: this
 * stand-in signs, it does not administer key rings.
 */

/** The parts of `projects/…/cryptoKeyVersions/N`. */
export interface ResourceName {
  /** The whole name. */
  readonly name: string;
  readonly project: string;
  readonly location: string;
  readonly keyRing: string;
  /** The whole name of the crypto key that the version belongs to: what permissions hang on. */
  readonly cryptoKeyName: string;
  readonly cryptoKey: string;
  readonly version: string;
}

/** @returns null if the text is not the name of a crypto key version */
export function parseResourceName(text: string): ResourceName | null {
  const groups = GRAMMAR.exec(text)?.groups;
  if (!groups) return null;
  const { project, location, keyRing, cryptoKey, version } = groups;
  if (!project || !location || !keyRing || !cryptoKey || !version) return null;
  const cryptoKeyName = text.slice(0, text.lastIndexOf("/cryptoKeyVersions/"));
  return { name: text, project, location, keyRing, cryptoKeyName, cryptoKey, version };
}

/** A project's number instead of its id: Cloud KMS was seen to refuse signing under such a name. */
export function isProjectNumber(project: string): boolean {
  return /^\d+$/.test(project);
}

const GRAMMAR = new RegExp(
  "^projects/(?<project>[a-z][a-z0-9-]{4,28}[a-z0-9]|[a-z0-9.-]+:[a-z][a-z0-9-]+|\\d+)" +
    "/locations/(?<location>[a-z0-9-]+)" +
    "/keyRings/(?<keyRing>[a-zA-Z0-9_-]{1,63})" +
    "/cryptoKeys/(?<cryptoKey>[a-zA-Z0-9_-]{1,63})" +
    "/cryptoKeyVersions/(?<version>[1-9]\\d{0,18})$",
);
