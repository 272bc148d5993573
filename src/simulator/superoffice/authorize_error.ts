/**
 * The vendor's `AuthorizeErrorCode`: the one published list of reasons for a no, shared by the
 * authorize page and the exchange. Numbers and names are theirs; every sentence is ours.
 */

/** Number of each code. */
export const authorizeErrorCodes = {
  NoError: 0,
  Revoked: 1,
  InvalidRedirectUrl: 2,
  Expired: 3,
  Denied: 4,
  NeedsReapproval: 5,
  InvalidTimestamp: 6,
  InvalidSignature: 7,
} as const;

export type AuthorizeErrorName = keyof typeof authorizeErrorCodes;

/** The text in the form the vendor's older error page used. */
export function authorizeErrorText(name: AuthorizeErrorName): string {
  return `Authorization error: ${name} (${authorizeErrorCodes[name]})`;
}
