/** What tells the operator's webhook of its tenants. Only wires. */

import { createWebhookSender } from "./adapters/webhooks/sender.ts";
import type { Stores } from "./adapters/storage/stores.ts";
import type { Config } from "./config.ts";
import type { Announce, Notice } from "./domain/notice.ts";
import { createAnnounce, createNoticeDelivery, type NoticeDelivery } from "./usecases/notices.ts";
import type { Clock, Ids, Log, TenantStore } from "./usecases/ports.ts";

export interface NoticeParts {
  readonly announce: Announce;
  /** The tenants, whose changes are told as soon as they are stored. */
  readonly tenants: TenantStore;
  /** Null without a webhook. */
  readonly delivery: NoticeDelivery | null;
}

/** Starts nothing. */
export function openNotices(
  { config, stores, clock, ids, log }: {
    readonly config: Pick<Config, "webhook">;
    readonly stores: Pick<Stores, "tenants" | "notices">;
    readonly clock: Clock;
    readonly ids: Ids;
    readonly log: Log;
  },
): NoticeParts {
  const { webhook } = config;
  const announce = createAnnounce({ ids, clock, isWanted: webhook !== null });
  if (webhook === null) return { announce, tenants: stores.tenants, delivery: null };
  const sender = createWebhookSender(webhook);
  const random = Math.random;
  const delivery = createNoticeDelivery({ store: stores.notices, sender, clock, log, random });
  return { announce, tenants: nudging(stores.tenants, delivery), delivery };
}

function nudging(tenants: TenantStore, delivery: NoticeDelivery): TenantStore {
  const nudgedBy = async <T>(work: Promise<T>, notice: Notice | null): Promise<T> => {
    const done = await work;
    if (notice !== null) delivery.nudge();
    return done;
  };
  return {
    ...tenants,
    put: (consent, notice) => nudgedBy(tenants.put(consent, notice), notice),
    mark: (tenant, consentedAt, standing, notice) =>
      nudgedBy(tenants.mark(tenant, consentedAt, standing, notice), notice),
    remove: (tenant, notice) => nudgedBy(tenants.remove(tenant, notice), notice),
  };
}
