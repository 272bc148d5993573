/** Instances that share one record of the app's credentials, and a SuperOffice that takes one pair. */

import {
  type CredentialRecord,
  CREDENTIALS,
  recordText,
} from "../../src/domain/credential_record.ts";
import type { EntryDeed } from "../../src/domain/ledger_entry.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import type { CredentialStore } from "../../src/usecases/credential_ports.ts";
import { createCredentials, type Credentials, type Pair } from "../../src/usecases/credentials.ts";
import { type LedgerContext, LedgerFault } from "../../src/usecases/ledger.ts";
import { createTestIds } from "./parts.ts";
import { createMemoryLog, createTestClock } from "./service.ts";

export const KEYS = ["key/1", "key/2"];
export const SECRETS = ["client_secret:1", "client_secret:2"];

/** Instances with these names. Anything that can be replaced may be, at any time. */
export function createWorld(keys = KEYS, secrets = SECRETS.slice(0, 1)) {
  const clock = createTestClock();
  const world = {
    clock,
    takes: { key: keys[0]!, secret: secrets[0]! },
    record: null as CredentialRecord | null,
    isDown: false,
    /** Others always write in between. */
    isContended: false,
    isLedgerDown: false,
    toldFor: [] as (string | null)[],
    /** Called when the record was replaced: throws for an answer that is lost on the way. */
    swapped: () => {},
    reads: 0,
    swaps: 0,
    deeds: [] as EntryDeed[],
    asked: [] as Pair[],
    instance(ownKeys = keys, ownSecrets = secrets): Credentials {
      const ledger = {
        record(context: LedgerContext, deed: EntryDeed) {
          if (world.isLedgerDown) return Promise.reject(new LedgerFault());
          world.deeds.push(deed);
          world.toldFor.push(context.requestId);
          return Promise.resolve();
        },
      };
      const log = createMemoryLog();
      return createCredentials({
        keys: ownKeys,
        secrets: ownSecrets,
        store,
        ledger,
        clock,
        ids: createTestIds(),
        log,
      });
    },
    /** @returns how many it took; below zero if none of them worked */
    async ask(by: Credentials, isRefusedAnyway = false, isWithdrawn = false) {
      await by.ready();
      let trial = by.begin(CREDENTIALS);
      for (let tries = 1;; tries++) {
        world.asked.push(trial.pair);
        const isTaken = keys[trial.pair.key] === world.takes.key &&
          secrets[trial.pair.secret] === world.takes.secret;
        if (isTaken && !isWithdrawn) {
          await trial.worked("request");
          await by.drain();
          return tries;
        }
        const next = await trial.refused(isRefusedAnyway);
        if (next === null) return -tries;
        trial = next;
      }
    },
  };
  const store: CredentialStore = {
    get() {
      world.reads++;
      if (world.isDown) return Promise.reject(new PartFault("store", "network"));
      return Promise.resolve(world.record);
    },
    swap(expected, next) {
      world.swaps++;
      if (world.isDown) return Promise.reject(new PartFault("store", "network"));
      const text = (record: CredentialRecord | null) => record && recordText(record);
      if (world.isContended || text(world.record) !== text(expected)) return Promise.resolve(false);
      world.record = next;
      try {
        world.swapped();
      } catch (error) {
        return Promise.reject(error);
      }
      return Promise.resolve(true);
    },
  };
  return world;
}
