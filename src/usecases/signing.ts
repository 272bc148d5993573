/**
 * Signs texts with one of the app's keys, leaving evidence: an intent before every attempt at the key,
 * an outcome after it. Never signs what could not be written down, never tries without end, beyond
 * its budget, or with a key that fails again and again.
 */

import type { ContextId } from "../domain/context_id.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import type { Secret } from "../domain/secret.ts";
import { sha256Hex, signedText } from "../domain/signed_text.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import { type Breaker, isPass, type Pass } from "./breaker.ts";
import type { Ledger, LedgerContext } from "./ledger.ts";
import { LedgerFault, refuseUnrecorded } from "./ledger.ts";
import type { Clock, Ids, Log, Signer } from "./ports.ts";
import type { SigningBudget } from "./signing_budget.ts";

/** A text with its signature, ready for the exchange. */
export interface SignedToken {
  readonly signed: Secret;
  /** Name of the attempt that made the signature, for the exchange entry. */
  readonly attempt: string;
}

/** One key and everything that stands before it. */
export interface Signing {
  /**
   * @param tenant whose budget it counts against; null for what is no tenant's
   * @param latest no attempt begins after this instant. Milliseconds
   */
  sign(
    text: Secret,
    tenant: ContextId | null,
    latest: number,
    context: LedgerContext,
  ): Promise<Outcome<SignedToken>>;
}

export interface SigningParts {
  readonly signer: Signer;
  /** Attempts at the key for one signature. */
  readonly maxAttempts: number;
  readonly breaker: Breaker;
  /** Shared by all keys of the process. */
  readonly budget: SigningBudget;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** Pause before the second attempt; doubled for the third. */
const FIRST_PAUSE_MS = 100;

/** What a refused signature tells the caller to wait. */
const RETRY_AFTER_SECONDS = 5;

export function createSigning(parts: SigningParts): Signing {
  const { signer, maxAttempts, breaker, budget, ledger, clock, ids, log } = parts;

  /** The way to the key, or why there is none now. Asked before an attempt has left any trace. */
  const enter = (tenant: ContextId | null) => {
    const pass = breaker.enter();
    if (!isPass(pass)) return unavailable("breaker_open", pass.waitMs);
    const waitMs = budget.take(tenant);
    if (waitMs === 0) return accept(pass);
    pass.unused();
    return unavailable("budget", waitMs);
  };

  const attemptOnce = async (text: Secret, pass: Pass, context: LedgerContext) => {
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
      pass.succeeded();
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
      pass.failed();
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
    async sign(text, tenant, latest, context) {
      try {
        for (let attempts = 1;; attempts++) {
          if (clock.now() > latest) return refuse("signer_unavailable", "too_late", 2);
          const entered = enter(tenant);
          if (!entered.ok) return entered;
          // Settled by then, unless the ledger failed and the key was not asked.
          const result = await attemptOnce(text, entered.value, context)
            .finally(() => entered.value.unused());
          if (!(result instanceof SignerFault)) return accept(result);
          log.warn("signing.attempt_failed", {
            reason: result.reason,
            attempts,
            key_version: signer.keyVersion,
            request_id: context.requestId,
          });
          if (!result.retryable || attempts === maxAttempts) {
            return refuse("signer_unavailable", result.reason, RETRY_AFTER_SECONDS);
          }
          await clock.sleep(Math.max(FIRST_PAUSE_MS * 2 ** (attempts - 1), result.retryAfterMs));
        }
      } catch (error) {
        if (!(error instanceof LedgerFault)) throw error;
        return refuseUnrecorded(error);
      }
    },
  };
}

function unavailable(reason: string, waitMs: number) {
  return refuse("signer_unavailable", reason, Math.ceil(waitMs / 1000));
}
