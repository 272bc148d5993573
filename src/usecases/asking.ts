/**
 * Asks SuperOffice for a ticket, with evidence: a signature by the key in use, the exchange, and what
 * came of it on record before anybody has it. Judges nothing but whether the next key is worth a try.
 */

import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { sha256Hex, textToSign } from "../domain/signed_text.ts";
import type { Tenant } from "../domain/tenant.ts";
import { type Breaker, isPass, type Pass } from "./breaker.ts";
import type { Ledger, LedgerContext } from "./ledger.ts";
import type { Clock } from "./ports.ts";
import type { Signing } from "./signing.ts";
import type { Exchange, ExchangeAnswer } from "./superoffice_ports.ts";

export interface AskingParts {
  readonly ledger: Ledger;
  /** The key in use, then the standby that is tried when SuperOffice refuses the first one. */
  readonly keys: readonly Signing[];
  readonly exchange: Exchange;
  /** Before the exchange. Asked before anything is signed that could not be used. */
  readonly breaker: Breaker;
  readonly clock: Clock;
  /** The longest that one exchange may take. Milliseconds. */
  readonly exchangeTimeoutMs: number;
}

export interface Asking {
  /**
   * @param until nothing is signed or asked that might end after this instant: another process may
   * then be at it
   * @throws LedgerFault when evidence could not be written: then nothing may be handed out
   */
  ask(
    tenant: Tenant,
    until: number,
    context: LedgerContext,
  ): Promise<Outcome<ExchangeAnswer>>;
}

export function createAsking(
  { ledger, keys, exchange, breaker, clock, exchangeTimeoutMs }: AskingParts,
): Asking {
  const record = (context: LedgerContext, attempt: string, came: ExchangeAnswer | string) => {
    const entry = { kind: "exchange", attempt } as const;
    if (typeof came === "string") {
      return ledger.record(context, {
        ...entry,
        result: "failed",
        ticket_sha256: null,
        error: came,
      });
    }
    switch (came.kind) {
      case "issued": {
        const ticket_sha256 = sha256Hex(came.ticket.reveal());
        return ledger.record(context, { ...entry, result: "issued", ticket_sha256, error: null });
      }
      case "refused":
        return ledger.record(context, {
          ...entry,
          result: "refused",
          ticket_sha256: null,
          error: "refused",
        });
      case "unfit":
        return ledger.record(context, {
          ...entry,
          result: "failed",
          ticket_sha256: null,
          error: came.reason,
        });
    }
  };

  /** Signs with one key and asks once. */
  const askWith = async (
    key: Signing,
    tenant: Tenant,
    until: number,
    pass: Pass,
    context: LedgerContext,
  ): Promise<Outcome<ExchangeAnswer>> => {
    const latest = until - exchangeTimeoutMs;
    const text = textToSign(tenant.systemUserToken, clock.now());
    const signature = await key.sign(text, tenant.contextIdentifier, latest, context);
    if (!signature.ok) return signature;
    const { signed, attempt } = signature.value;
    if (clock.now() > latest) {
      await record(context, attempt, "too_late");
      return refuse("upstream_unavailable", "too_late", 2);
    }
    let answer: ExchangeAnswer;
    try {
      answer = await exchange.exchange(signed, tenant);
      pass.succeeded();
    } catch (error) {
      const reason = error instanceof PartFault ? error.reason : "fault";
      if (error instanceof PartFault) pass.failed();
      await record(context, attempt, reason);
      if (!(error instanceof PartFault)) throw error;
      return refuse("upstream_unavailable", reason, retryAfterSeconds(error, 5));
    }
    // COMMIT POINT 2: the ledger knows the ticket's digest before anybody has the ticket. A crash
    // after this leaves a ticket at SuperOffice that nobody holds; the next asker exchanges again.
    await record(context, attempt, answer);
    return accept(answer);
  };

  return {
    async ask(tenant, until, context) {
      let last: Outcome<ExchangeAnswer> = refuse("signer_unavailable", "no_key");
      for (const key of keys) {
        const pass = breaker.enter(tenant.contextIdentifier);
        if (!isPass(pass)) {
          return refuse("upstream_unavailable", "breaker_open", Math.ceil(pass.waitMs / 1000));
        }
        // Settled by then, unless nothing was asked.
        last = await askWith(key, tenant, until, pass, context).finally(() => pass.unused());
        if (!last.ok || last.value.kind !== "refused") break;
      }
      return last;
    },
  };
}
