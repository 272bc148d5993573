/** Whoever signs with a key writes it down: commands too, where there is a ledger. */

import type { OpenedBooks } from "./cli_stores.ts";
import { sha256Hex } from "./domain/signed_text.ts";
import { SignerFault } from "./domain/signer_fault.ts";
import { systemIds } from "./system.ts";
import type { Signer } from "./usecases/ports.ts";

/** Each attempt has its intent before it and its outcome after it. Throws LedgerFault, and signs nothing then. */
export function recorded({ ledger }: OpenedBooks, signer: Signer): Signer {
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
