/**
 * A part of the outside world that did not do its work: the store, SuperOffice. The message is a
 * constant; whatever the part said stays in the adapter, because it may repeat what we sent.
 */

export type Part = "store" | "superoffice";

/** Why the part failed, in one constant word for the log. */
export type PartFaultReason =
  | "timeout"
  | "network"
  | "auth"
  | "command"
  | "protocol"
  | "busy"
  | "full"
  | "unreadable"
  | "status"
  | "too_large"
  /** Moved to an archive, and no archive is configured. */
  | "archived"
  /** The stored log is not the one that a checkpoint was signed for. */
  | "inconsistent"
  /** Not asked at all, because it failed again and again a moment ago. */
  | "breaker_open";

export class PartFault extends Error {
  override readonly name = "PartFault";
  readonly part: Part;
  readonly reason: PartFaultReason;
  /** Least pause before another try makes sense; 0 if the part said nothing. */
  readonly retryAfterMs: number;

  constructor(part: Part, reason: PartFaultReason, retryAfterMs = 0) {
    super(`Cannot use the ${part === "store" ? "store" : "SuperOffice service"}: ${reason}`);
    this.part = part;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** True if what is stored is not what we write, or was sealed under a key that is gone. */
export function isUnreadable(error: unknown): error is PartFault {
  return error instanceof PartFault && error.reason === "unreadable";
}

/** What a caller is told to wait. @param otherwise where the fault does not say, in seconds */
export function retryAfterSeconds(
  fault: { readonly retryAfterMs: number },
  otherwise: number,
): number {
  return fault.retryAfterMs > 0 ? Math.ceil(fault.retryAfterMs / 1000) : otherwise;
}
