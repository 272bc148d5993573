/**
 * Signs a canary in each period, in one of all instances, at its own time in it, with every key that the
 * app may sign with: where each is found in the cloud's log, the cloud was logging that key then. An
 * instance that was away at that time makes up for it when it comes back within the period. Failures are
 * logged, and cost that period's canary at worst.
 */

import { type Canary, canaryMessage, canaryOf, periodOf } from "../domain/canary.ts";
import { PartFault } from "../domain/part_fault.ts";
import { Secret } from "../domain/secret.ts";
import { sha256Hex } from "../domain/signed_text.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import { type Background, createBackground } from "./background.ts";
import type { ConsentStore } from "./consent_ports.ts";
import type { CheckpointSigner, Clock, Log } from "./ports.ts";
import type { Signing } from "./signing.ts";

/** How long a canary may take, and how long to wait after a part did not answer. */
const PATIENCE_MS = 60_000;

/** Nobody asks for a canary, and it is no tenant's: that is how it is known in the ledger. */
const CONTEXT = { requestId: null, caller: null, contextIdentifier: null };

export function createCanaries(
  { keys, ledgerKey, claims, origin, periodMs, clock, log }: {
    /** By place: the one in the configuration, then its standby. */
    readonly keys: readonly Signing[];
    readonly ledgerKey: Pick<CheckpointSigner, "sign">;
    /** A name is claimed once, by whichever instance is first. */
    readonly claims: Pick<ConsentStore, "claim">;
    readonly origin: string;
    readonly periodMs: number;
    readonly clock: Clock;
    readonly log: Log;
  },
): Background {
  const read = async (start: number): Promise<Canary> => {
    const message = canaryMessage(origin, start, periodMs);
    const signature = await ledgerKey.sign(new TextEncoder().encode(message));
    return canaryOf(signature, start, periodMs);
  };

  const sign = async (start: number, { text }: Canary): Promise<void> => {
    // Nobody can tell the name before the text, and claim it first.
    const name = sha256Hex(`claim\n${text}`);
    if (!await claims.claim(name, start + 2 * periodMs, clock.now())) return;
    // Which of them SuperOffice takes is no matter: either may be misused, and a rotation goes both ways.
    for (const [place, key] of keys.entries()) {
      const latest = clock.now() + PATIENCE_MS;
      const outcome = await key.sign(new Secret(text), null, latest, CONTEXT);
      if (outcome.ok) continue;
      const { code, reason } = outcome.refusal;
      log.warn("canary.not_signed", { code, reason, is_standby: place > 0 });
    }
  };

  return createBackground(async (leaving) => {
    const sleepUntil = (instant: number) =>
      clock.sleep(Math.max(0, instant - clock.now()), leaving);
    while (!leaving.aborted) {
      const start = periodOf(clock.now(), periodMs);
      try {
        const canary = await read(start);
        await sleepUntil(canary.dueAt);
        if (leaving.aborted) return;
        // A machine that slept, or a clock that was set: this period's time is over.
        if (periodOf(clock.now(), periodMs) !== start) continue;
        await sign(start, canary);
      } catch (error) {
        const isKnown = error instanceof PartFault || error instanceof SignerFault;
        log.warn("canary.failed", isKnown ? { reason: error.reason } : { error });
        // Again in this period: a name that is claimed stays so, and nothing is signed twice.
        await sleepUntil(Math.min(clock.now() + PATIENCE_MS, start + periodMs));
        continue;
      }
      await sleepUntil(start + periodMs);
    }
  });
}
