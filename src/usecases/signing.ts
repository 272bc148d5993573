/**
 * Signs a text with the app's key, leaving evidence: an intent before every attempt at the key, an
 * outcome after it. Never signs what could not be written down, never tries without end.
 */

import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import type { Secret } from "../domain/secret.ts";
import { sha256Hex, signedText } from "../domain/signed_text.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import type { Ledger, LedgerContext } from "./ledger.ts";
import { LedgerFault } from "./ledger.ts";
import type { Clock, Ids, Log, Signer } from "./ports.ts";

/** A text with its signature, ready for the exchange. */
export interface SignedToken {
  readonly signed: Secret;
  /** Name of the attempt that made the signature, for the exchange entry. */
  readonly attempt: string;
}

export interface Signing {
  /** @param latest no attempt begins after this instant. Milliseconds */
  sign(
    signer: Signer,
    text: Secret,
    latest: number,
    context: LedgerContext,
  ): Promise<Outcome<SignedToken>>;
}

/** Attempts at the key for one signature. */
export const MAX_ATTEMPTS = 3;

/** Pause before the second attempt; doubled for the third. */
const FIRST_PAUSE_MS = 100;

/** What a refused signature tells the caller to wait. */
const RETRY_AFTER_SECONDS = 5;

export function createSigning(
  { ledger, clock, ids, log }: {
    readonly ledger: Ledger;
    readonly clock: Clock;
    readonly ids: Ids;
    readonly log: Log;
  },
): Signing {
  const attemptOnce = async (signer: Signer, text: Secret, context: LedgerContext) => {
    const attempt = ids.next();
    // COMMIT POINT 1: nothing is signed that is not written. A crash after this leaves an intent
    // without an outcome: the auditor finds it open, and the key may or may not have been used.
    await ledger.record(context, {
      kind: "sign_intent",
      attempt,
      key_version: signer.keyVersion,
      digest_sha256: sha256Hex(text.reveal()),
    });
    try {
      const { signature } = await signer.sign(text.reveal(), { attempt });
      await ledger.record(context, {
        kind: "sign_outcome",
        attempt,
        result: "signed",
        signature_sha256: sha256Hex(signature),
        error: null,
      });
      return { signed: signedText(text, signature), attempt };
    } catch (error) {
      if (!(error instanceof SignerFault)) throw error;
      await ledger.record(context, {
        kind: "sign_outcome",
        attempt,
        result: "failed",
        signature_sha256: null,
        error: error.reason,
      });
      return error;
    }
  };

  return {
    async sign(signer, text, latest, context) {
      try {
        for (let attempts = 1;; attempts++) {
          if (clock.now() > latest) return refuse("signer_unavailable", "too_late", 2);
          const result = await attemptOnce(signer, text, context);
          if (!(result instanceof SignerFault)) return accept(result);
          log.warn("signing.attempt_failed", {
            reason: result.reason,
            attempts,
            key_version: signer.keyVersion,
            request_id: context.requestId,
          });
          if (!result.retryable || attempts === MAX_ATTEMPTS) {
            return refuse("signer_unavailable", result.reason, RETRY_AFTER_SECONDS);
          }
          await clock.sleep(Math.max(FIRST_PAUSE_MS * 2 ** (attempts - 1), result.retryAfterMs));
        }
      } catch (error) {
        if (error instanceof LedgerFault) return refuse("ledger_unavailable", "ledger", 2);
        throw error;
      }
    },
  };
}
