/**
 * Notices in Upstash Redis, beside the tenants and without an expiry like them. Loaded by whoever
 * delivers them: a ticket needs none of it.
 */

import type { NoticeStore } from "../../usecases/notice_ports.ts";
import { MAX_BURIED, readBuried, readTaken, UNREADABLE } from "./notice_records.ts";
import { readOrNull, readRecord, type Row } from "./records.ts";
import type { Sealing } from "./sealing.ts";
import type { Client } from "./upstash_client.ts";
import { BURY, COUNT, DONE, LIST_BURIED, RETRY, REVIVE, TAKE } from "./upstash_notice_scripts.ts";
import { readNumber } from "./upstash_reply.ts";
import { tenantKeys } from "./upstash_tenants.ts";

/** Makes the notice store of a client. Opens bodies. */
export function createUpstashNotices(
  client: Client,
  sealing: Sealing,
  prefix: string,
): NoticeStore {
  const { notices, due, buried } = tenantKeys(prefix);
  const keys = [notices, due, buried];

  const bury = async (id: string, at: number, error: string): Promise<void> => {
    await client.run(BURY, keys, [id, String(at), error, String(MAX_BURIED)]);
  };

  return {
    bury,
    async take(now, limit, until) {
      if (limit < 1) return [];
      const [, ...items] = await client.run(TAKE, keys, [now, limit, until].map(String));
      const taken = await readTaken(rowsOf(items, 3), sealing);
      await Promise.all(taken.unreadable.map((id) => bury(id, now, UNREADABLE)));
      return taken.notices;
    },
    async done(id) {
      await client.run(DONE, keys, [id]);
    },
    async retry(id, dueAt, error) {
      await client.run(RETRY, keys, [id, String(dueAt), error]);
    },
    async buried(limit) {
      if (limit < 1) return [];
      const [, ...items] = await client.run(LIST_BURIED, keys, [String(limit)]);
      return await readBuried(rowsOf(items, 5), sealing);
    },
    async revive(id, dueAt) {
      const [word] = await client.run(REVIVE, keys, [id, String(dueAt)]);
      return word === "REVIVED";
    },
    async count() {
      const [, waiting, dead] = await client.run(COUNT, keys, []);
      return { waiting: readNumber(waiting), buried: readNumber(dead) };
    },
  };
}

/** Items of a reply, so many a notice. What cannot be read is left out of its row. */
function rowsOf(items: readonly unknown[], width: number): Row[] {
  return Array.from({ length: items.length / width }, (_, at) => {
    const [id, record, attempts, error, buriedAt] = items.slice(width * at, width * (at + 1));
    return {
      ...readOrNull(() => readRecord(record)),
      id,
      attempts: readOrNull(() => readNumber(attempts)),
      error,
      buried_at: readOrNull(() => readNumber(buriedAt)),
    };
  });
}
