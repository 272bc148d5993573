/** @returns true for a name that may stand in a signed note: no white space, no plus sign, not empty */
export function isKeyName(name: string): boolean {
  return /^[^\s+]+$/u.test(name);
}
