/** What the doctor's checks have to go by: the configuration, and its parts, opened when first asked for. */

import { createJsonLog } from "../adapters/logging/json_lines.ts";
import type { KmsHost } from "../adapters/signing/kms_host.ts";
import { createWorkerHost } from "../adapters/signing/kms_worker_host.ts";
import type { Stores } from "../adapters/storage/stores.ts";
import { publicUrlOf } from "./ledger.ts";
import type { Config } from "../config.ts";
import type { ContextId } from "../domain/context_id.ts";
import { once } from "../domain/once.ts";
import { PartFault } from "../domain/part_fault.ts";
import { type LedgerParts, missingKeyFile, openLedger } from "../parts.ts";
import { commandAccess } from "../parts_google.ts";
import { hasStore, isStoreUpToDate, missingSealingKey, openStores } from "../parts_stores.ts";
import { systemClock } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";
import type { Clock } from "../usecases/ports.ts";

export interface Ward {
  readonly config: Config;
  readonly publicUrl: URL;
  readonly clock: Clock;
  readonly host: KmsHost;
  /** For one exchange; null: none is made. */
  readonly tenant: ContextId | null;
  /** IAM members that are known to be this service's. */
  readonly signers: readonly string[];
  /** Whether SuperOffice's live tenants are served: what is good enough for a test is not for them. */
  readonly isLive: boolean;
  /** @throws UsageFault if there is none: nothing is made */
  stores(): Promise<Stores>;
  /** @throws UsageFault as for the store, or if its key is yet to be made */
  ledger(): Promise<LedgerParts>;
  close(): void;
}

/** What the checks ask of others may take so long, but for what says otherwise. */
export const CHECK_MS = 10_000;

/** @param host for keys in Cloud KMS; it is closed along with the rest */
export function openWard(
  config: Config,
  chosen: Pick<Ward, "tenant" | "signers">,
  host: KmsHost = createWorkerHost(commandAccess(config.google)),
): Ward {
  const publicUrl = publicUrlOf(config);
  let opened: Stores | null = null;
  const stores = once(async () => {
    requireMade(hasStore(config) ? missingSealingKey(config) : "store");
    if (!await isStoreUpToDate(config)) throw new UsageFault(OLD);
    await requireUpstash(config);
    return opened = await openStores(config, CHECK_MS / 3);
  });
  const ledger = once(async () => {
    const { ledger } = await stores.get();
    requireMade(missingKeyFile(config));
    const log = createJsonLog({ level: "off" });
    return await openLedger(config, publicUrl, { ledger }, log, host);
  });
  return {
    ...chosen,
    config,
    publicUrl,
    clock: systemClock,
    host,
    isLive: config.environment === "online" || config.environment === "stage",
    stores: () => stores.get(),
    ledger: () => ledger.get(),
    close() {
      host.close();
      opened?.close();
    },
  };
}

/**
 * The client of a shared store reads whatever comes, to its end: that it is Upstash who answers is seen
 * by what reads no more than there may be.
 */
async function requireUpstash({ store }: Config): Promise<void> {
  if (store.kind !== "upstash") return;
  const { createUpstashInspection } = await import("../adapters/storage/upstash_inspection.ts");
  const answer = await createUpstashInspection({ ...store, prefix: "" })
    .ping(AbortSignal.timeout(CHECK_MS / 3));
  if (!answer.ok && answer.error === "protocol") throw new PartFault("store", "protocol");
}

/** There is none yet, and looking makes none. */
export class NotMadeYet extends UsageFault {}

const OLD =
  "Cannot open the store: it is empty or an older version's, and would be changed. Start the service once";

function requireMade(missing: string | null): void {
  if (missing === null) return;
  throw new NotMadeYet(`Cannot open the store: no ${missing} under DATA_DIR yet`);
}
