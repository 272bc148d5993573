/** How Cloud KMS names a key, its ring and the ring's import jobs. */

/** `projects/…/locations/…/keyRings/…/cryptoKeys/…`, and what it consists of. */
export interface CryptoKeyName {
  readonly name: string;
  /** `projects/…/locations/…/keyRings/…` */
  readonly keyRing: string;
  /** `projects/…/locations/…` */
  readonly location: string;
  readonly projectId: string;
  readonly locationId: string;
  readonly keyRingId: string;
  readonly cryptoKeyId: string;
}

const NAME =
  /^(((projects\/([a-z0-9.:-]+))\/locations\/([a-z0-9-]+))\/keyRings\/([\w-]{1,63}))\/cryptoKeys\/([\w-]{1,63})$/;

/** @returns null unless it is such a name; the project by its id, because its number is refused */
export function parseCryptoKeyName(text: string): CryptoKeyName | null {
  const match = NAME.exec(text);
  if (match === null) return null;
  const [name, keyRing, location, , projectId, locationId, keyRingId, cryptoKeyId] = match;
  if (/^\d+$/.test(projectId!)) return null;
  return {
    name,
    keyRing: keyRing!,
    location: location!,
    projectId: projectId!,
    locationId: locationId!,
    keyRingId: keyRingId!,
    cryptoKeyId: cryptoKeyId!,
  };
}

/** @returns true for what may name an import job, a key or a ring within its parent */
export function isResourceId(text: string): boolean {
  return /^[\w-]{1,63}$/.test(text);
}
