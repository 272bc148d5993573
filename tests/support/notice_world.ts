/**
 * Notices in a real store in memory, any number of instances that deliver them, a clock that stands
 * still, and a receiver that a test scripts. It polices its sender: the time that is signed is now, a body
 * never changes, and no instance sends more than four at once.
 */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSealing, type Sealing } from "../../src/adapters/storage/sealing.ts";
import { openSqlite } from "../../src/adapters/storage/sqlite.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import type { Notice } from "../../src/domain/notice.ts";
import { Secret } from "../../src/domain/secret.ts";
import type { WebhookAnswer } from "../../src/domain/webhook.ts";
import type { NoticeSender, NoticeStore } from "../../src/usecases/notice_ports.ts";
import { createAnnounce, createNoticeDelivery } from "../../src/usecases/notices.ts";
import { createTestIds } from "./parts.ts";
import { createMemoryLog } from "./service.ts";
import { createWaitingClock } from "./waiting_clock.ts";

export const DELIVERED: WebhookAnswer = { kind: "answered", status: 204, retryAfterMs: null };
export const FAILED: WebhookAnswer = { kind: "answered", status: 500, retryAfterMs: null };
export const TIMEOUT_MS = 15_000;

export interface Attempt {
  readonly id: string;
  readonly at: number;
}

type Verb = "take" | "done" | "retry" | "bury";

/** What a test decides; each may be replaced at any time. */
export interface NoticeScript {
  answer(notice: Pick<Notice, "id" | "body">): WebhookAnswer | Promise<WebhookAnswer>;
  /** Thrown by the store: before the deed, or after it was done all the same. */
  fault(verb: Verb): { readonly error: Error; readonly isDone: boolean } | null;
}

export function createNoticeWorld() {
  const { sealing, isBusy } = createWatchedSealing();
  const stores = openSqlite({ owner: "test", path: ":memory:", sealing });
  const clock = createWaitingClock(undefined, isBusy);
  const log = createMemoryLog();
  const announce = createAnnounce({ ids: createTestIds(), clock, isWanted: true });
  const attempts: Attempt[] = [];
  const bodies = new Map<string, string>();
  const script: NoticeScript = { answer: () => DELIVERED, fault: () => null };
  let tenants = 0;

  const createSender = (): NoticeSender => {
    let underWay = 0;
    return {
      timeoutMs: TIMEOUT_MS,
      async send({ id, body }, at) {
        assert.equal(at, clock.now());
        assert.equal(body, bodies.get(id), "nobody announced this");
        attempts.push({ id, at });
        assert.ok(++underWay <= 4, "more than four at once");
        try {
          return await script.answer({ id, body });
        } finally {
          underWay--;
        }
      },
    };
  };

  const bent =
    <Args extends unknown[], T>(verb: Verb, deed: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      const fault = script.fault(verb);
      if (fault?.isDone === false) throw fault.error;
      const value = await deed(...args);
      if (fault !== null) throw fault.error;
      return value;
    };
  const { notices } = stores;
  const store: NoticeStore = {
    ...notices,
    take: bent("take", notices.take),
    done: bent("done", notices.done),
    retry: bent("retry", notices.retry),
    bury: bent("bury", notices.bury),
  };

  const deliverer = (sender = createSender()) => {
    const parts = { clock, log, random: () => 0.5 };
    const life = new AbortController();
    return {
      ...createNoticeDelivery({
        ...parts,
        store: mortal(store, life.signal),
        sender: mortal(sender, life.signal),
      }),
      /** As a process that is killed: nothing that it had begun goes on. */
      kill: () => life.abort(),
    };
  };

  return {
    stores,
    notices,
    clock,
    log,
    script,
    attempts,
    /** Another instance of the service. @param sender the scripted one if not given */
    deliverer,
    /** A tenant consents, and its notice waits. @returns the notice's id */
    async announce(): Promise<string> {
      const tenant = ContextId.parse(`Cust${++tenants}`)!;
      const notice = announce("tenant.consented", tenant, { company_name: "Marked Company" })!;
      bodies.set(notice.id, notice.body);
      const consent = {
        contextIdentifier: tenant,
        companyName: "Marked Company",
        consentedBy: "admin@example.com",
        consentedAt: clock.now(),
        serial: String(tenants),
        systemUserToken: new Secret("token"),
        webapiUrl: null,
        netserverUrl: null,
      };
      assert.equal((await stores.tenants.put(consent, notice)).kind, "stored");
      return notice.id;
    },
    /** Time passes at once: everybody who slept until then wakes now. */
    async later(ms: number): Promise<void> {
      clock.jump(ms);
      await clock.pass(0);
    },
    events: (level?: string) =>
      log.lines.filter((line) => level === undefined || line.level === level)
        .map(({ event }) => event),
    close: () => stores.close(),
  };
}

/** WebCrypto works in other threads, and on a busy machine takes more turns than any number given. */
function createWatchedSealing(): { readonly sealing: Sealing; isBusy(): boolean } {
  const { keyIds, seal, open } = createSealing([{ id: "k", key: randomBytes(32) }]);
  let underWay = 0;
  const watched = (deed: Sealing["seal"]): Sealing["seal"] => async (place, text) => {
    underWay++;
    try {
      return await deed(place, text);
    } finally {
      underWay--;
    }
  };
  const sealing = { keyIds, seal: watched(seal), open: watched(open) };
  return { sealing, isBusy: () => underWay > 0 };
}

/** A port whose calls never come back once its owner is dead. */
function mortal<Port extends object>(port: Port, death: AbortSignal): Port {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        const answer = death.aborted ? NEVER : await value.apply(target, args);
        return death.aborted ? await NEVER : answer;
      };
    },
  });
}

export const NEVER = new Promise<never>(() => {});

export type NoticeWorld = ReturnType<typeof createNoticeWorld>;
