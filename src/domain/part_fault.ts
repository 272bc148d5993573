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
  | "too_large";

export class PartFault extends Error {
  override readonly name = "PartFault";
  readonly part: Part;
  readonly reason: PartFaultReason;

  constructor(part: Part, reason: PartFaultReason) {
    super(`Cannot use the ${part === "store" ? "store" : "SuperOffice service"}: ${reason}`);
    this.part = part;
    this.reason = reason;
  }
}
