/**
 * What the use cases need from the outside world, as promises. The shape of a port carries its
 * invariant; its comment says when something is durable, what may be forgotten, and what a failure
 * means. A part that does not work throws `PartFault` (`SignerFault` for the key): a throw is never
 * an answer. One contract suite per port runs over every implementation.
 */

import type { Caller } from "../domain/caller.ts";
import type { Checkpoint } from "../domain/checkpoint.ts";
import type { ContextId } from "../domain/context_id.ts";
import type { TreeHead } from "../domain/merkle.ts";
import type { Rate } from "../domain/rate.ts";
import type { Notice } from "../domain/notice.ts";
import type { Consent, Tenant, TenantCard, TenantStanding } from "../domain/tenant.ts";
import type { TileId } from "../domain/tiles.ts";

/** Time. Milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Resolves after so many milliseconds, or when it is not waited for any more. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Unguessable unique names: 43 characters of base64url, 256 bits. */
export interface Ids {
  next(): string;
}

/** Structured log lines. May lose lines; decides nothing; never throws. */
export interface Log {
  debug(event: string, fields?: Readonly<Record<string, unknown>>): void;
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/**
 * Tenants that consented. Durable when resolved; read-your-writes. The order of first consent never
 * changes and a sequence is never given twice, not even after a removal. Every change gets the next
 * change number; a notice given with one is stored in the same step, and only if the change happens.
 */
export interface TenantStore {
  get(tenant: ContextId): Promise<Tenant | null>;
  /**
   * Stores a consent: a new tenant gets the next sequence, a known one keeps its own and gets
   * everything else anew (`standingOfConsent`). Decides atomically: a known tenant with another serial
   * is left as it is, and that is the answer.
   */
  put(consent: Consent, notice: Notice | null): Promise<PutAnswer>;
  /**
   * Notes how a tenant stands, only while the stored consent is still the one of `consentedAt`. The
   * stored `ticketsFrom` is never lowered.
   *
   * @returns whether it was
   */
  mark(
    tenant: ContextId,
    consentedAt: number,
    standing: TenantStanding,
    notice: Notice | null,
  ): Promise<boolean>;
  /** @returns false if there was nothing to remove */
  remove(tenant: ContextId, notice: Notice | null): Promise<boolean>;
  /** Up to `limit` tenants with a sequence above `after`, in order of sequence. Opens no token. */
  list(after: number, limit: number): Promise<readonly TenantCard[]>;
  /**
   * Tenants that changed after the change of that number, each once, by their latest change, in its
   * order. A number above every one given (a store that was set back) is answered with no changes and a
   * lower `newest`.
   */
  changes(after: number, limit: number): Promise<TenantChanges>;
}

export type PutAnswer =
  | { readonly kind: "stored"; readonly tenant: Tenant }
  | { readonly kind: "serial_conflict" };

export interface TenantChanges {
  /** Number of the latest change of all; 0 if there never was one. */
  readonly newest: number;
  readonly changes: readonly TenantChange[];
}

export interface TenantChange {
  readonly tenant: ContextId;
  readonly number: number;
  /** Null: the tenant is gone. */
  readonly standing: TenantStanding | null;
}

/** Leaves to add in one step. */
export interface LedgerAppend {
  /** Unguessable. The same append sent twice is done once, and answered `appended` both times. */
  readonly id: string;
  readonly leaves: readonly string[];
  /** The head that results: `expected` extended by the leaves. */
  readonly next: TreeHead;
  /** What the tiles get, by level: `Growth` of the tree. */
  readonly hashes: readonly (readonly string[])[];
}

/**
 * The ledger: leaves, and the hashes of their tree as tiles. `append` is a compare-and-swap on the
 * head: it happens only if the stored head is still `expected`, whole, and is durable when resolved. A
 * conflict is an answer. Nothing is ever changed; nothing is removed but by `forget`.
 */
export interface LedgerStore {
  head(): Promise<TreeHead>;
  append(
    expected: TreeHead,
    append: LedgerAppend,
  ): Promise<
    { readonly kind: "appended" } | { readonly kind: "conflict"; readonly head: TreeHead }
  >;
  /**
   * Up to `limit` leaves with an index above `after` (-1 for the first), in order, dense.
   *
   * @throws PartFault `archived` if the first of them is no longer here
   */
  read(after: number, limit: number): Promise<readonly string[]>;
  /**
   * The hashes of each tile as far as there are any: lower-case hex, none beyond the log.
   *
   * @throws PartFault `archived` if one of them is no longer here
   */
  tiles(tiles: readonly TileId[]): Promise<readonly (readonly string[])[]>;
  /** Index of the first leaf that is still here: a multiple of 256. */
  floor(): Promise<number>;
  /**
   * Removes the leaves below an index and the level 0 tiles over them, and lifts the floor. Higher
   * levels stay.
   *
   * @param below a multiple of 256, not beyond the log's full bundles
   */
  forget(below: number): Promise<void>;
  /** A text that is kept beside the log; null if there is none. */
  note(name: LedgerNote): Promise<string | null>;
  /** Replaces such a text if it is still `expected`. @returns whether it was */
  keepNote(name: LedgerNote, expected: string | null, text: string): Promise<boolean>;
}

/** The last checkpoint signed, what the last reconciliation found, and which credentials work. */
export type LedgerNote = "checkpoint" | "reconciliation" | "credentials";

/**
 * Files of a log as C2SP tlog-tiles names them: a folder, or an object store that is mounted as one. A
 * file is whole or not there.
 */
export interface TileShelf {
  /** @returns null if there is no such file. @throws PartFault */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Durable when resolved. @throws PartFault */
  write(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** A signature that was checked. */
export interface Signature {
  readonly signature: Uint8Array;
  readonly keyVersion: string;
}

/**
 * The app's private key, wherever it is. RSASSA-PKCS1-v1_5 with SHA-256 over the UTF-8 bytes of the
 * text, verified before it is returned. One call is one attempt at the key. Throws `SignerFault`.
 */
export interface Signer {
  readonly keyVersion: string;
  sign(
    text: string,
    options: { readonly attempt: string; readonly signal?: AbortSignal },
  ): Promise<Signature>;
}

/** The ledger's own key: Ed25519. Signs checkpoints, and messages that canaries are derived from. */
export interface CheckpointSigner {
  /** The 32 bytes of the public key. */
  publicKey(): Promise<Uint8Array>;
  /** @returns 64 bytes */
  sign(body: Uint8Array): Promise<Uint8Array>;
}

/**
 * Seals what a browser of the console keeps for us. What was sealed for anything else does not open, nor
 * what was sealed under a key that is gone.
 */
export interface SessionSealer {
  /** @returns letters, digits, `.`, `-` and `_` */
  seal(text: string): Promise<string>;
  /** @returns null unless it is whole and we sealed it */
  open(sealed: string): Promise<string | null>;
}

/** Who asks. Constant time or signature. Null if the credential is missing or not one of ours. */
export interface Callers {
  /** @param requestId for the log, where it is said why a credential is nobody's */
  identify(
    authorization: string | null,
    requestId?: string,
  ): Caller | null | Promise<Caller | null>;
}

/**
 * What all instances let through of what has a limit. May forget at any time; then each instance's
 * own count holds. A repeat may count twice.
 */
export interface UsageStore {
  /**
   * Counts so many uses more under a name.
   *
   * @returns what is used now, of all instances, in the units of `Usage`: never more than the whole
   * of the rate, so that nobody pays later for what was let through while nothing was shared
   */
  add(name: string, rate: Rate, uses: number, now: number): Promise<number>;
}

/** A word per dependency for `/readyz`. */
export interface Probe {
  readonly name: string;
  /** @throws if the part is not usable */
  check(): Promise<void>;
}

/** A signed checkpoint as text, and what it says. */
export interface SignedCheckpoint {
  readonly note: string;
  readonly checkpoint: Checkpoint;
}
