/**
 * What operators are told of their tenants, as Standard Webhooks has it (standardwebhooks.com,
 * specification 1.0.0): a type, an instant and data. Holds no secret: names, states and instants.
 */

import type { ContextId } from "./context_id.ts";

export type NoticeType =
  | "tenant.consented"
  | "tenant.withdrawn"
  | "tenant.state_changed"
  | "tenant.removed";

/** A message to be delivered at least once. */
export interface Notice {
  /** Unguessable, the same in every attempt: receivers know a repeat by it. */
  readonly id: string;
  /** The exact bytes that are signed and sent: JSON. */
  readonly body: string;
  /** When it came to be. Milliseconds since the epoch. */
  readonly at: number;
}

/** Makes a notice. Null where nobody wants any. */
export type Announce = (
  type: NoticeType,
  tenant: ContextId,
  data: Readonly<Record<string, string | number | boolean | null>>,
) => Notice | null;

/** @returns the message as text: `data` names the tenant first */
export function noticeBody(
  type: NoticeType,
  at: number,
  tenant: ContextId,
  data: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({
    type,
    timestamp: new Date(at).toISOString(),
    data: { context_identifier: tenant, ...data },
  });
}

/** What people want to know of a notice. Null where a body is none of ours. */
export interface NoticeLabel {
  readonly type: string | null;
  readonly contextIdentifier: string | null;
}

/** Reads type and tenant back out of a notice's body. */
export function noticeLabel(body: string): NoticeLabel {
  try {
    const { type, data } = JSON.parse(body);
    return { type: textOf(type), contextIdentifier: textOf(data?.context_identifier) };
  } catch {
    return { type: null, contextIdentifier: null };
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
