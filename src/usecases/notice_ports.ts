/** What telling operators of their tenants needs from outside. */

import type { Notice } from "../domain/notice.ts";
import type { WebhookAnswer } from "../domain/webhook.ts";

/** Sends notices to the operator's webhook. Never throws: what went wrong is an answer. */
export interface NoticeSender {
  /** An attempt is over by then, whatever happens. */
  readonly timeoutMs: number;
  /** One attempt. @param at now, which is signed; milliseconds since the epoch */
  send(notice: Pick<Notice, "id" | "body">, at: number): Promise<WebhookAnswer>;
}

/**
 * Notices on their way to the operator's webhook, put there by `TenantStore`. Durable; at least once: who
 * takes one and dies leaves it to the next.
 */
export interface NoticeStore {
  /** Up to `limit` that are due, the longest due first. Nobody else gets them before `until`. */
  take(now: number, limit: number, until: number): Promise<readonly TakenNotice[]>;
  /** Delivered: it is gone. */
  done(id: string): Promise<void>;
  /** It failed: due again then. */
  retry(id: string, dueAt: number, error: string): Promise<void>;
  /** It failed for good: kept, in no queue. The oldest beyond 10,000 are forgotten. */
  bury(id: string, at: number, error: string): Promise<void>;
  /** The buried, newest first. */
  buried(limit: number): Promise<readonly BuriedNotice[]>;
  /** Puts a buried one back, its attempts forgotten. @returns false if there is none of that id */
  revive(id: string, dueAt: number): Promise<boolean>;
  /** How many wait, and how many are buried. */
  count(): Promise<{ readonly waiting: number; readonly buried: number }>;
}

export interface TakenNotice extends Notice {
  /** Attempts that failed before. */
  readonly attempts: number;
}

export interface BuriedNotice extends TakenNotice {
  /** Milliseconds since the epoch. */
  readonly buriedAt: number;
  /** One constant word, or `status_` and a number. */
  readonly error: string;
}
