/**
 * Asks SuperOffice for a ticket, with evidence: a signature by the key in use, the exchange, and what
 * came of it on record before anybody has it. Judges nothing but whether other credentials are worth a try.
 */

import { CREDENTIALS } from "../domain/credential_record.ts";
import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import { accept, type Outcome, type Refusal, refuse } from "../domain/refusal.ts";
import { sha256Hex, textToSign } from "../domain/signed_text.ts";
import type { Tenant } from "../domain/tenant.ts";
import { type Breaker, isPass, type Pass } from "./breaker.ts";
import type { Ledger, LedgerContext } from "./ledger.ts";
import type { Credentials, Pair } from "./credentials.ts";
import { createDoubts } from "./doubts.ts";
import type { Clock } from "./ports.ts";
import type { Signing } from "./signing.ts";
import type { Exchange, ExchangeAnswer } from "./superoffice_ports.ts";

/** What came of a question. `doubtful` is a refusal that may be the app's, and not the tenant's. */
export type Asked = ExchangeAnswer | { readonly kind: "doubtful" };

export interface AskingParts {
  readonly ledger: Ledger;
  /** By the place of the signing key. */
  readonly keys: readonly Signing[];
  /** By the place of the client secret. */
  readonly exchanges: readonly Exchange[];
  /** Which of them to ask with. */
  readonly credentials: Credentials;
  /** Before the exchange. Asked before anything is signed that could not be used. */
  readonly breaker: Breaker;
  readonly clock: Clock;
  /** The longest that one exchange may take. Milliseconds. */
  readonly exchangeTimeoutMs: number;
}

export interface Asking {
  /** Whether something stands by, as for a rotation: then a refusal may be the app's matter for a while. */
  readonly hasStandby: boolean;
  /**
   * @param until nothing is signed or asked that might end after this instant: another process may
   * then be at it
   * @throws LedgerFault when evidence could not be written: then nothing may be handed out
   */
  ask(
    tenant: Tenant,
    until: number,
    context: LedgerContext,
  ): Promise<Outcome<Asked>>;
}

export function createAsking(parts: AskingParts): Asking {
  const { keys, exchanges, credentials, breaker, clock } = parts;
  const askWith = createAskingOnce(parts);
  const doubts = createDoubts(credentials, clock);

  return {
    hasStandby: keys.length > 1 || exchanges.length > 1,
    async ask(tenant, until, context) {
      const isRefusedAnyway = tenant.health === "consent_withdrawn";
      await credentials.ready();
      let trial = credentials.begin(CREDENTIALS);
      let refused: ExchangeAnswer | null = null;
      while (true) {
        const pass = breaker.enter(tenant.contextIdentifier);
        if (!isPass(pass)) {
          return refuse("upstream_unavailable", "breaker_open", Math.ceil(pass.waitMs / 1000));
        }
        // Settled by then, unless nothing was asked.
        const answer = await askWith(trial.pair, tenant, until, pass, context)
          .finally(() => pass.unused());
        if (!answer.ok) {
          // The other key cannot sign. It may be the one that SuperOffice takes, but not for ever.
          const isOver = refused !== null && isUnfit(answer.refusal) &&
            (isRefusedAnyway || !doubts.hold(tenant, true));
          return isOver ? accept(refused!) : answer;
        }
        if (answer.value.kind === "issued") {
          doubts.end(tenant);
          await trial.worked(context.requestId);
        }
        if (answer.value.kind !== "refused") return answer;
        refused = answer.value;
        const next = await trial.refused(isRefusedAnyway);
        if (next === null) {
          const isDoubtful = !isRefusedAnyway && doubts.hold(tenant, false);
          return isDoubtful ? accept({ kind: "doubtful" }) : answer;
        }
        trial = next;
      }
    },
  };
}

/** Signs with one key and asks once. */
function createAskingOnce(
  { ledger, keys, exchanges, clock, exchangeTimeoutMs }: AskingParts,
) {
  const record = (context: LedgerContext, attempt: string, came: ExchangeAnswer | string) =>
    ledger.record(context, { kind: "exchange", attempt, ...resultOf(came) });
  return async (
    pair: Pair,
    tenant: Tenant,
    until: number,
    pass: Pass,
    context: LedgerContext,
  ): Promise<Outcome<ExchangeAnswer>> => {
    const latest = until - exchangeTimeoutMs;
    const text = textToSign(tenant.systemUserToken, clock.now());
    const signature = await keys[pair.key]!.sign(text, tenant.contextIdentifier, latest, context);
    if (!signature.ok) return signature;
    const { signed, attempt } = signature.value;
    if (clock.now() > latest) {
      await record(context, attempt, "too_late");
      return refuse("upstream_unavailable", "too_late", 2);
    }
    let answer: ExchangeAnswer;
    try {
      answer = await exchanges[pair.secret]!.exchange(signed, tenant);
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
}

/** What is written of SuperOffice's answer, or of a word why there is none. */
function resultOf(came: ExchangeAnswer | string) {
  const failed = (error: string) => ({ result: "failed", ticket_sha256: null, error }) as const;
  if (typeof came === "string") return failed(came);
  switch (came.kind) {
    case "issued": {
      const ticket_sha256 = sha256Hex(came.ticket.reveal());
      return { result: "issued", ticket_sha256, error: null } as const;
    }
    case "refused":
      return { result: "refused", ticket_sha256: null, error: "refused" } as const;
    case "unfit":
      return failed(came.reason);
  }
}

/** Reasons of a signature's refusal that say nothing of the key. */
const NOT_THE_KEY: ReadonlySet<string> = new Set(["budget", "too_late"]);

function isUnfit({ code, reason }: Refusal): boolean {
  return code === "signer_unavailable" && !NOT_THE_KEY.has(reason);
}
