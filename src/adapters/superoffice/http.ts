/** Outbound calls to SuperOffice: every failure is a `PartFault` of `superoffice`. */

import { PartFault, type PartFaultReason } from "../../domain/part_fault.ts";
import { createOutbound, jsonObject, type Outbound } from "../outbound/http.ts";

/** What every adapter of this room needs to call out. */
export interface CallOptions {
  /** From the start of a call to its last byte. */
  readonly timeoutMs: number;
  /** Only tests replace it. */
  readonly fetch?: typeof fetch;
}

/** @returns a fault of SuperOffice */
export function superOfficeFault(reason: PartFaultReason): PartFault {
  return new PartFault("superoffice", reason);
}

/** @returns bounded calls that never follow a redirect */
export function createCalls(options: CallOptions): Outbound {
  return createOutbound({
    timeoutMs: options.timeoutMs,
    fault: superOfficeFault,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
}

/**
 * Gets a JSON object.
 *
 * @throws PartFault `status` unless 200, `protocol` unless a JSON object
 */
export async function getJson(
  calls: Outbound,
  url: URL,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await calls({ method: "GET", url, headers: { accept: "application/json" } });
  if (answer.status !== 200) throw superOfficeFault("status");
  const value = jsonObject(answer);
  if (value === null) throw superOfficeFault("protocol");
  return value;
}
