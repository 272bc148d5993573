/**
 * Whoever signs with a key writes it down: commands too, where there is a ledger. A machine that only
 * holds the ceremony has none, and needs none.
 */

import { type OpenedBooks, withBooks } from "./stores.ts";
import { createReader } from "../config_reader.ts";
import { isPlainLoopback } from "../domain/secure_url.ts";
import { sha256Hex } from "../domain/signed_text.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import { requireConfig } from "../main.ts";
import { namesStore } from "../parts_stores.ts";
import { print } from "../print.ts";
import { systemIds } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";
import type { Signer } from "../usecases/ports.ts";

/** What stands between a proof and its key. */
export type Watch = (signer: Signer) => Signer;

/**
 * An entry stays for ever, so where nobody asked, a ledger that is most likely the wrong one is refused.
 *
 * @param asked `--ledger` or `--no-ledger`; if neither, a ledger that is configured is written to
 * @param endpoint null for Google's
 * @throws UsageFault saying what to ask for
 */
export function isRecorded(asked: boolean | undefined, endpoint: URL | null): boolean {
  if (asked !== undefined) return asked;
  const environment = Deno.env.toObject();
  if (!namesStore(environment)) return false;
  const { has, text } = createReader(environment);
  const kind = text("SUPEROFFICE_ENVIRONMENT") ?? "simulator";
  if (kind === "simulator") {
    if (has("SUPEROFFICE_URL")) return true;
    throw new UsageFault(
      "Cannot choose the ledger: by this environment it is the sandbox's. Set the service's whole environment, or say --no-ledger",
    );
  }
  if (endpoint === null || !isPlainLoopback(endpoint)) return true;
  throw new UsageFault(
    `Cannot choose the ledger: it is that of ${kind}, and KMS_ENDPOINT is on this machine. In a rehearsal say --no-ledger, else --ledger`,
  );
}

/**
 * Proves a key with the configured ledger open, which is said if nobody asked for it.
 *
 * @param cryptoKey the key whose version is to be proved
 */
export async function withRecords<T>(
  cryptoKey: string,
  asked: boolean | undefined,
  deed: (watch: Watch) => Promise<T>,
): Promise<T> {
  if (asked === undefined) {
    print.error(
      "The proof's signature goes into the configured ledger; --no-ledger leaves it out.",
    );
  }
  const config = requireConfig(withKeyVersion(Deno.env.toObject(), cryptoKey));
  return await withBooks((books) => deed((signer) => recorded(books, signer)), undefined, config);
}

/**
 * Whoever imports the first key has no version to configure yet. The ledger needs none: that of the
 * first import stands for it.
 */
function withKeyVersion(environment: Record<string, string>, cryptoKey: string) {
  const { has } = createReader(environment);
  if (has("KMS_KEY_VERSION") || has("SIGNING_KEY_FILE")) return environment;
  return { ...environment, KMS_KEY_VERSION: `${cryptoKey}/cryptoKeyVersions/1` };
}

/** Each attempt has its intent before it and its outcome after it. Throws LedgerFault; then nothing is signed. */
function recorded({ ledger }: OpenedBooks, signer: Signer): Signer {
  const context = { requestId: systemIds.next(), caller: "cli", contextIdentifier: null };
  const { keyVersion } = signer;
  return {
    keyVersion,
    async sign(text, options) {
      const { attempt } = options;
      // COMMIT POINT: nothing is signed that is not written. A crash after this leaves an intent
      // without an outcome.
      await ledger.record(context, {
        kind: "sign_intent",
        attempt,
        key_version: keyVersion,
        digest_sha256: sha256Hex(text),
      });
      const outcome = { kind: "sign_outcome", attempt } as const;
      try {
        const made = await signer.sign(text, options);
        const signature_sha256 = sha256Hex(made.signature);
        await ledger.record(context, {
          ...outcome,
          result: "signed",
          signature_sha256,
          error: null,
        });
        return made;
      } catch (error) {
        if (!(error instanceof SignerFault)) throw error;
        const failed = { result: "failed", signature_sha256: null, error: error.reason } as const;
        await ledger.record(context, { ...outcome, ...failed });
        throw error;
      }
    },
  };
}
