/**
 * Ports as they are, with somebody who tells what passes through them. Changes no answer and no fault,
 * and hides every secret that it meets before it tells of anything.
 */

import { shown } from "../domain/shown_text.ts";
import { brief } from "./table.ts";
import { checkLines, secretsOf, tokenLines } from "./ticket_claims.ts";
import type { WatchedCall } from "./ticket_http.ts";
import { maskedText, maskedTicket, maskedToken, type Teller, timed } from "./ticket_teller.ts";
import type { Entry } from "../domain/ledger_entry.ts";
import { PartFault } from "../domain/part_fault.ts";
import { Secret } from "../domain/secret.ts";
import { sha256Hex } from "../domain/signed_text.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import type { Tenant } from "../domain/tenant.ts";
import type { LedgerStore, Signer, TenantStore } from "../usecases/ports.ts";
import type { Signing } from "../usecases/signing.ts";
import type { Exchange, ExchangeAnswer, TenantStates } from "../usecases/superoffice_ports.ts";

/** What was met on the way. */
export interface Met {
  /** The tenant whose token is used. */
  tenant: Tenant | null;
  /** The text as it was sent. */
  signed: Secret | null;
}

export function watchTenants(store: TenantStore, teller: Teller, met: Met): TenantStore {
  return {
    ...store,
    async get(contextIdentifier) {
      const [tenant, took] = await timed(() => store.get(contextIdentifier));
      const known = met.tenant;
      met.tenant = tenant ?? known;
      if (tenant === null) teller.step("tenant", took, "not in the store");
      else {
        teller.hide(tenant.systemUserToken);
        if (known === null) teller.step("tenant", took, ...tenantLines(tenant));
        else if (known.consentedAt !== tenant.consentedAt) {
          teller.step("tenant", took, "consented anew");
        }
      }
      return tenant;
    },
  };
}

function tenantLines(tenant: Tenant): string[] {
  const at = brief(tenant.consentedAt);
  return [
    `${tenant.contextIdentifier} ${shown(tenant.companyName)}, serial ${tenant.serial}`,
    `consented ${at}, by ${shown(tenant.consentedBy)}; health ${tenant.health}`,
    `token ${maskedToken(tenant.systemUserToken)}`,
  ];
}

export function watchStates(states: TenantStates, teller: Teller): TenantStates {
  return {
    async read(tenant, signal) {
      const [state, took] = await timed(() => states.read(tenant, signal));
      if (state === null) {
        teller.step(
          "state",
          took,
          "SuperOffice gives no usable answer: the exchange goes on without",
        );
        return state;
      }
      const { webapiUrl, netserverUrl, validUntil } = state;
      teller.step(
        "state",
        took,
        `${shown(state.state)}: ${state.isRunning ? "it runs" : "it does not run"}`,
        `web API ${shown(webapiUrl ?? "not said")}`,
        `NetServer ${shown(netserverUrl ?? "not said")}`,
        validUntil === null ? "no word of how long that holds" : `holds until ${brief(validUntil)}`,
      );
      return state;
    },
  };
}

export function watchLedger(store: LedgerStore, teller: Teller): LedgerStore {
  return {
    ...store,
    async append(expected, append) {
      const [answer, took] = await timed(() => store.append(expected, append));
      if (answer.kind === "conflict") {
        teller.step("ledger", took, "another writer was first: again");
      } else {
        for (const leaf of append.leaves) {
          const entry = JSON.parse(leaf) as Entry;
          teller.step("ledger", took, `entry ${entry.index}: ${entry.kind}`, ...entryLines(entry));
        }
      }
      return answer;
    },
  };
}

function entryLines(entry: Entry): string[] {
  switch (entry.kind) {
    case "sign_intent":
      return [`attempt ${entry.attempt}`, `digest ${entry.digest_sha256}`];
    case "sign_outcome":
      return [entry.error === null ? entry.result : `${entry.result}: ${entry.error}`];
    case "exchange":
      return [
        entry.error === null ? entry.result : `${entry.result}: ${entry.error}`,
        ...(entry.ticket_sha256 === null ? [] : [`ticket ${entry.ticket_sha256} (SHA-256)`]),
      ];
    case "tenant_state":
      return [`from ${shown(entry.from)} to ${shown(entry.to)}`];
    default:
      return [];
  }
}

/** @param key the version that it signs with */
export function watchSigning(signing: Signing, key: string, teller: Teller, met: Met): Signing {
  return {
    async sign(text, tenant, latest, context) {
      teller.hide(text);
      const token = met.tenant?.systemUserToken;
      teller.step(
        "text to sign",
        null,
        token === undefined ? "" : maskedText(text, token),
        `its last part is the minute, UTC; key ${key}`,
      );
      const outcome = await signing.sign(text, tenant, latest, context);
      if (outcome.ok) teller.hide(outcome.value.signed);
      else teller.step("not signed", null, outcome.refusal.reason);
      return outcome;
    },
  };
}

export function watchSigner(signer: Signer, teller: Teller): Signer {
  return {
    keyVersion: signer.keyVersion,
    async sign(text, options) {
      try {
        const [made, took] = await timed(() => signer.sign(text, options));
        const { signature, keyVersion } = made;
        teller.hide(new Secret(signature.toBase64()));
        teller.step(
          "signature",
          took,
          `RSASSA-PKCS1-v1_5 with SHA-256, ${signature.length} bytes, verified here`,
          `key ${keyVersion}`,
          `SHA-256 ${sha256Hex(signature)}`,
        );
        return made;
      } catch (error) {
        const why = error instanceof SignerFault ? error.reason : "fault";
        teller.step("signature", null, `none: ${why}`);
        throw error;
      }
    },
  };
}

export function watchExchange(
  exchange: Exchange,
  call: WatchedCall,
  teller: Teller,
  met: Met,
): Exchange {
  return {
    async prepare() {
      const [, took] = await timed(() => exchange.prepare()).catch((error: unknown) => {
        const why = error instanceof PartFault ? error.reason : "fault";
        teller.step("login keys", null, `cannot be had: ${why}. Nothing is signed without`);
        throw error;
      });
      teller.step("login keys", took, "SuperOffice's, at hand: its answer can be judged");
    },
    async exchange(signed, tenant, signal) {
      met.signed = signed;
      try {
        const answer = await exchange.exchange(signed, tenant, signal);
        tellAnswer(answer, call.token(), teller);
        return answer;
      } catch (error) {
        const why = error instanceof PartFault ? error.reason : "fault";
        teller.step("no answer", null, why);
        throw error;
      }
    },
  };
}

/** Everything that is secret is hidden first, then there is something to tell. */
function tellAnswer(answer: ExchangeAnswer, token: Secret | null, teller: Teller): void {
  if (answer.kind === "issued") teller.hide(answer.ticket);
  if (token !== null) {
    const parts = token.reveal().split(".").map((part) => new Secret(part));
    for (const secret of [token, ...parts, ...secretsOf(token)]) teller.hide(secret);
    const lines = tokenLines(token);
    if (lines === null) teller.step("token", null, "none that can be read");
    else {
      teller.step("token header", null, ...lines.header);
      teller.step("token claims", null, ...lines.claims);
    }
  }
  if (answer.kind === "refused") teller.step("refused", null, "SuperOffice does not say why");
  else teller.step("checks", null, ...checkLines(answer));
  if (answer.kind === "issued") {
    const { ticket } = answer;
    const digest = sha256Hex(ticket.reveal());
    teller.step("ticket", null, maskedTicket(ticket), `SHA-256 ${digest}`);
  }
}
