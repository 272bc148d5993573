import { Buffer } from "node:buffer";
/** A real log in a store in memory, with its key, its writer and its readers. */

import { randomBytes } from "node:crypto";
import { createLedgerKey } from "../../src/adapters/signing/ledger_key.ts";
import { createSealing } from "../../src/adapters/storage/sealing.ts";
import { openSqlite } from "../../src/adapters/storage/sqlite.ts";
import { parseVerifierKey, type VerifierKey } from "../../src/domain/checkpoint.ts";
import type { EntryDeed } from "../../src/domain/ledger_entry.ts";
import { Secret } from "../../src/domain/secret.ts";
import { createAudit } from "../../src/usecases/audit.ts";
import { createCheckpoints } from "../../src/usecases/checkpoints.ts";
import { createLedger } from "../../src/usecases/ledger.ts";
import type { CheckpointSigner, Clock, LedgerStore } from "../../src/usecases/ports.ts";
import { createTestIds } from "./parts.ts";
import { createMemoryLog } from "./service.ts";
import { createWaitingClock } from "./waiting_clock.ts";

export const ORIGIN = "log.example/ledger";
export const DEED: EntryDeed = { kind: "tenant_removed", reason: "requested" };
const SEED = new Secret(Buffer.from("a seed of thirty-two bytes, yes!").toString("base64"));

export interface LedgerWorldOptions {
  readonly signer?: CheckpointSigner;
  readonly clock?: Clock;
  /** What the readers see of the store. */
  readonly bend?: (store: LedgerStore) => LedgerStore;
}

export function createLedgerWorld({ signer, clock, bend = (it) => it }: LedgerWorldOptions = {}) {
  const waiting = createWaitingClock();
  const time = clock ?? { ...waiting, now: waiting.now, sleep: () => Promise.resolve() };
  const log = createMemoryLog();
  const stores = openSqlite({
    owner: "test",
    path: ":memory:",
    sealing: createSealing([{ id: "k", key: randomBytes(32) }]),
  });
  const store = bend(stores.ledger);
  const key = signer ?? createLedgerKey(SEED);
  const reading = { store, signer: key, origin: ORIGIN, clock: time, log };
  const checkpoints = createCheckpoints(reading);
  const ledger = createLedger({ store: stores.ledger, clock: time, ids: createTestIds(), log });
  return {
    clock: waiting,
    log,
    stores,
    store,
    signer: key,
    checkpoints,
    audit: createAudit({ store, checkpoints, clock: time, log }),
    ledger,
    /** Another instance's, on the same store. */
    another: () => createCheckpoints(reading),
    /** So many entries about one tenant. */
    async fill(count: number, tenant = "Cust12345"): Promise<void> {
      const context = { requestId: "r", caller: "c", contextIdentifier: tenant };
      await Promise.all(Array.from({ length: count }, () => ledger.record(context, DEED)));
    },
    async key(): Promise<VerifierKey> {
      return parseVerifierKey(await checkpoints.key())!;
    },
    close: () => stores.close(),
  };
}
