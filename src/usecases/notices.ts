/**
 * Tells the operator's webhook of their tenants. A notice is made here and stored by whoever changes the
 * tenant, in the same step; this takes what is due from the store and sends it until it is delivered or
 * given up, at least once. Promises no order, and keeps nobody waiting: who announces only nudges.
 */

import { type Announce, noticeBody, noticeLabel } from "../domain/notice.ts";
import { PartFault } from "../domain/part_fault.ts";
import { fateOf, type NoticeFate } from "../domain/webhook.ts";
import { isWithin } from "../domain/within.ts";
import { type Background, createBackground } from "./background.ts";
import type { NoticeSender, NoticeStore, TakenNotice } from "./notice_ports.ts";
import type { Clock, Ids, Log } from "./ports.ts";

/** Makes notices. @param isWanted false where no webhook is configured */
export function createAnnounce(
  { ids, clock, isWanted }: {
    readonly ids: Ids;
    readonly clock: Clock;
    readonly isWanted: boolean;
  },
): Announce {
  if (!isWanted) return () => null;
  return (type, tenant, data) => {
    const at = clock.now();
    return { id: `msg_${ids.next()}`, body: noticeBody(type, at, tenant, data), at };
  };
}

/** What waits when it stops is left to others, or to the next start. */
export interface NoticeDelivery extends Background {
  /** There may be something to send. */
  nudge(): void;
}

export interface NoticeDeliveryOptions {
  readonly store: NoticeStore;
  readonly sender: NoticeSender;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

/** How often the store is asked for what others left, and for what is due again. */
const LOOK_MS = 30_000;

/** Sent at once. */
const AT_ONCE = 4;

export function createNoticeDelivery(options: NoticeDeliveryOptions): NoticeDelivery {
  const { sender, clock } = options;
  let isNudged = false;
  let nap = new AbortController();
  const nudge = () => {
    isNudged = true;
    nap.abort();
  };

  const delivering = createBackground(async (leaving) => {
    leaving.addEventListener("abort", nudge);
    const outbox = createOutbox(options, (dueInMs) => {
      // Otherwise it would wait for the next look.
      if (dueInMs < LOOK_MS) void clock.sleep(dueInMs, leaving).then(nudge);
    });
    const deliverDue = async (): Promise<void> => {
      while (!leaving.aborted && !outbox.isResting()) {
        const taken = await outbox.take(AT_ONCE, 2 * sender.timeoutMs);
        if (taken.length === 0 || leaving.aborted) return;
        await Promise.all(taken.map(outbox.deliver));
      }
    };
    while (!leaving.aborted) {
      isNudged = false;
      await deliverDue();
      if (isNudged || leaving.aborted) continue;
      nap = new AbortController();
      await clock.sleep(LOOK_MS, nap.signal);
    }
  });
  return { ...delivering, nudge };
}

/** Notices one by one. A store that does not answer is logged once, until it answers again. */
function createOutbox(
  { store, sender, clock, log, random }: NoticeDeliveryOptions,
  postponed: (dueInMs: number) => void,
) {
  let isStoreDown = false;
  let rest = { since: 0, ms: 0 };

  const ask = async <T>(deed: Promise<T>, otherwise: T): Promise<T> => {
    try {
      const answer = await deed;
      isStoreDown = false;
      return answer;
    } catch (error) {
      const fields = error instanceof PartFault ? { reason: error.reason } : { error };
      if (!isStoreDown) log.warn("webhook.store_fault", fields);
      isStoreDown = true;
      return otherwise;
    }
  };

  const settle = async (id: string, fate: NoticeFate): Promise<void> => {
    const now = clock.now();
    switch (fate.kind) {
      case "delivered":
        // If this is not kept, the notice is sent again when its time is over: the same id, twice.
        return await ask(store.done(id), undefined);
      case "bury":
        return await ask(store.bury(id, now, fate.error), undefined);
      case "retry":
        if (fate.restMs > 0) rest = { since: now, ms: fate.restMs };
        await ask(store.retry(id, now + fate.pauseMs, fate.error), undefined);
        postponed(fate.pauseMs);
    }
  };

  return {
    /** True while the receiver wants no notice at all. */
    isResting: () => isWithin(rest.since, rest.ms, clock.now()),
    take(limit: number, leaseMs: number): Promise<readonly TakenNotice[]> {
      const now = clock.now();
      return ask(store.take(now, limit, now + leaseMs), []);
    },
    async deliver(notice: TakenNotice): Promise<void> {
      const answer = await sender.send(notice, clock.now());
      const fate = fateOf(answer, notice.attempts, random());
      say(log, notice, fate);
      await settle(notice.id, fate);
    },
  };
}

/** Neither address nor body: the one may hold a credential, the other names people. */
function say(log: Log, { id, body, attempts }: TakenNotice, fate: NoticeFate): void {
  const { type, contextIdentifier } = noticeLabel(body);
  const what = { id, type, context_identifier: contextIdentifier, attempts: attempts + 1 };
  switch (fate.kind) {
    case "delivered":
      return log.debug("webhook.delivered", what);
    case "retry":
      return log.warn("webhook.failed", { ...what, error: fate.error });
    case "bury":
      return log.error("webhook.buried", { ...what, error: fate.error });
  }
}
