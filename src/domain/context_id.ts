/**
 * The context identifier: SuperOffice's name for a tenant, `Cust` and digits. Only `parse` makes
 * one, so a function that takes a `ContextId` never looks at it again.
 */

declare const brand: unique symbol;

/** A tenant's context identifier in its canonical spelling, for example `Cust12345`. */
export type ContextId = string & { readonly [brand]: "ContextId" };

/** Longer than any identifier in use; keeps store keys and log lines short. */
const MAX_DIGITS = 15;

export const ContextId = {
  /**
   * Reads a context identifier in any letter case.
   *
   * @returns the canonical spelling, or null if the text is not of the form `Cust` + digits
   */
  parse(text: unknown): ContextId | null {
    if (typeof text !== "string") return null;
    const match = /^cust(\d+)$/i.exec(text);
    if (match === null || match[1] === undefined || match[1].length > MAX_DIGITS) return null;
    return `Cust${match[1]}` as ContextId;
  },
};
