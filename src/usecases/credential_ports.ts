/**
 * What the use cases need from the store to know together which of the app's credentials SuperOffice
 * takes. A store that does not work throws `PartFault`.
 */

import type { CredentialRecord } from "../domain/credential_record.ts";

/**
 * One record for all instances. Durable when resolved. It may be lost without harm: what works is then
 * found out anew, at one refused exchange. Holds no secret.
 */
export interface CredentialStore {
  /** Null: nothing is known yet. */
  get(): Promise<CredentialRecord | null>;
  /** Replaces the record if it is still `expected`. @returns whether it was, or is `next` by now */
  swap(expected: CredentialRecord | null, next: CredentialRecord): Promise<boolean>;
}
