/** How Cloud KMS names a version of a key: the one name that a key of ours there goes by. */

const NAME =
  /^projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[^/\s]+\/cryptoKeys\/[^/\s]+\/cryptoKeyVersions\/\d+$/;

/** True for `projects/…/locations/…/keyRings/…/cryptoKeys/…/cryptoKeyVersions/N`. */
export function isKeyVersionName(text: string): boolean {
  return NAME.test(text);
}
