/** What a failed call to Upstash comes to: one of few reasons, and nothing of the command. */

import { PartFault, type PartFaultReason } from "../../domain/part_fault.ts";

/** Keeps only which kind of failure it was. */
export function toFault(error: unknown): PartFault {
  if (error instanceof PartFault) return error;
  return new PartFault("store", error instanceof Error ? reasonOf(error) : "protocol");
}

function reasonOf(error: Error): PartFaultReason {
  switch (error.name) {
    case "TimeoutError":
    case "AbortError":
      return "timeout";
    case "UpstashError":
      return reasonOfText(error.message);
    case "UpstashJSONParseError":
      return "protocol";
    default:
      // `fetch` says TypeError for every failure on the way.
      return error instanceof TypeError ? "network" : "protocol";
  }
}

export function reasonOfText(text: unknown): PartFaultReason {
  return /^(WRONGPASS|NOAUTH|NOPERM|Unauthorized)/i.test(String(text)) ? "auth" : "command";
}
