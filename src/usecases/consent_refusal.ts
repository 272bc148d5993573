/** The ways in which a consent does not come about, and a step of it that may end in one. */

/** Why a consent did not come about. Each has one sentence on a page. */
export type ConsentRefusal =
  | "not_understood"
  | "link_expired"
  | "other_browser"
  | "declined"
  | "not_accepted"
  | "no_system_token"
  | "already_used"
  | "serial_changed"
  | "other_tenant"
  | "legacy_off"
  | "try_again";

/** A value, or the end of the consent. */
export type Step<T> = T | { readonly kind: "refused"; readonly why: ConsentRefusal };

/** Ends a consent. */
export function refused(
  why: ConsentRefusal,
): { readonly kind: "refused"; readonly why: ConsentRefusal } {
  return { kind: "refused", why };
}
