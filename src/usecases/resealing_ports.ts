/** What changing the sealing key needs from the store. */

/**
 * What is sealed and stays. Consents under way and the console's sessions are over in minutes: they are
 * not resealed.
 */
export const SEALED_KINDS = ["system_user_token", "ticket", "notice"] as const;

export type SealedKind = typeof SEALED_KINDS[number];

/** How many values of a kind say that they are sealed under a key. */
export interface SealedCount {
  readonly kind: SealedKind;
  /** Null: no such name can be read. */
  readonly keyId: string | null;
  readonly count: number;
}

export interface ResealStep {
  /** Where to go on; null at the end. Nothing to keep: from the start it comes to the same. */
  readonly next: string | null;
  /** Values that are under the current key now and were not before. */
  readonly resealed: number;
  /** Values that somebody else changed meanwhile, and that were left as they are. */
  readonly passed: number;
  /** Context identifiers, or ids of notices, of values that no key opens. They stay as they are. */
  readonly unreadable: readonly string[];
  /** Records that were read for it. */
  readonly looked: number;
}

export interface LookStep {
  /** As a `ResealStep`'s. */
  readonly next: string | null;
  readonly looked: number;
  readonly counts: readonly SealedCount[];
  readonly unreadable: readonly {
    /** Context identifier, or id of a notice. */
    readonly name: string;
    readonly keyId: string | null;
  }[];
}

/**
 * Seals what is stored anew, under the current key. Each value is replaced only while it is still the
 * text that was read, so a consent, a ticket or a removal meanwhile is never undone.
 */
export interface Resealing {
  /** Names of the keys that open, the current one first. */
  readonly keyIds: readonly string[];
  /** Opens nothing. */
  count(): Promise<readonly SealedCount[]>;
  /**
   * Looks at about so many values of a kind after a place, from the first if null, and reseals those
   * that are not under the current key. Durable when resolved.
   */
  step(kind: SealedKind, after: string | null, limit: number): Promise<ResealStep>;
  /**
   * Opens about so many values of a kind after a place, under whichever key they are, and lets go of
   * them: two keys of one name look the same until something is opened. Changes nothing.
   */
  look(kind: SealedKind, after: string | null, limit: number): Promise<LookStep>;
}
